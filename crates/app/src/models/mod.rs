//! The model files: which there are, where they lie, how they come here.

mod download;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use domain::Digest;
use engine::{ModelFile, Pack, Packs};
use sha2::{Digest as _, Sha256};

use crate::config::Config;

pub(crate) use download::pull;

/// The packs that FindMe knows.
pub(crate) fn packs() -> Packs {
    Packs::parse(include_str!("../../../../models/models.toml")).expect("models.toml is checked by a test")
}

/// Where model files lie.
pub(crate) fn folder(config: &Config) -> PathBuf {
    config.cache.join("models")
}

pub(crate) fn unknown_pack(name: &str, packs: &Packs) -> String {
    let names: Vec<&str> = packs.names().collect();
    format!("there is no pack {name:?}; there are {}", names.join(", "))
}

/// What is known of a model file on this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileState {
    Good,
    Missing,
    Wrong { actual: Digest },
}

pub(crate) fn state_of(file: &ModelFile, folder: &Path) -> anyhow::Result<FileState> {
    let path = folder.join(&file.file_name);
    if !path.exists() {
        return Ok(FileState::Missing);
    }
    let actual = sha256_of(&path)?;
    Ok(if actual == file.sha256 { FileState::Good } else { FileState::Wrong { actual } })
}

pub(crate) fn sha256_of(path: &Path) -> anyhow::Result<Digest> {
    let named = || format!("{} cannot be read", path.display());
    let mut file = std::fs::File::open(path).with_context(named)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer).with_context(named)? {
            0 => return Ok(Digest(hasher.finalize().into())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Complains when a file of the pack is missing or is not what it must be.
pub(crate) fn check_present(pack: &Pack, folder: &Path) -> anyhow::Result<()> {
    for file in pack.files() {
        let path = folder.join(&file.file_name);
        match state_of(file, folder)? {
            FileState::Good => {}
            FileState::Missing => {
                bail!("the model file {} is missing: run findme models pull {}", path.display(), pack.name)
            }
            FileState::Wrong { actual } => bail!(
                "the model file {} has SHA-256 {actual} instead of {}: delete it and run findme models pull {}",
                path.display(),
                file.sha256,
                pack.name
            ),
        }
    }
    Ok(())
}

/// Complains when a file of the pack is not there, without reading any.
pub(crate) fn check_named(pack: &Pack, folder: &Path) -> anyhow::Result<()> {
    for path in pack.files().iter().map(|file| folder.join(&file.file_name)) {
        if !path.exists() {
            bail!("the model file {} is missing: run findme models pull {}", path.display(), pack.name);
        }
    }
    Ok(())
}

/// The ONNX Runtime library: the one that is named, else the cache's, else the machine's.
pub(crate) fn onnx_runtime(config: &Config) -> anyhow::Result<PathBuf> {
    if let Some(named) = &config.onnx_runtime {
        if !named.exists() {
            bail!("ORT_DYLIB_PATH names {}, which does not exist", named.display());
        }
        return Ok(named.clone());
    }
    let cached = library_below(&config.cache.join("onnxruntime"));
    let machine = ["/usr/lib", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    let machine =
        machine.iter().map(|folder| Path::new(folder).join("libonnxruntime.so")).find(|path| path.exists());
    cached.or(machine).context(
        "ONNX Runtime is missing: run ./start.sh --prepare, which fetches it, or let ORT_DYLIB_PATH name \
         libonnxruntime.so",
    )
}

/// The newest `{folder}/{version}/libonnxruntime.so`.
fn library_below(folder: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder).ok()?.flatten();
    let mut libraries: Vec<PathBuf> = versions
        .map(|version| version.path().join("libonnxruntime.so"))
        .filter(|path| path.exists())
        .collect();
    libraries.sort();
    libraries.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_pack_may_be_used_commercially() {
        let packs = packs();
        assert!(packs.default_pack().commercial_use);
        assert_eq!(packs.names().collect::<Vec<_>>().len(), 4);
        assert!(!packs.get("research").unwrap().commercial_use);
        assert!(unknown_pack("x", &packs).contains("open-small"));
    }
}
