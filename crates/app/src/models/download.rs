//! Getting model files: from the mirror first, then from upstream; a file gets its name only when its SHA-256 is right.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::Digest;
use engine::{ModelFile, Pack};
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};

use super::{FileState, state_of};

/// Brings every file of `pack` into `folder`.
pub(crate) async fn pull(pack: &Pack, folder: &Path, mirror: Option<&str>) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for file in pack.files() {
        if state_of(file, folder)? == FileState::Good {
            crate::say(format_args!("{}: here already", file.file_name));
            continue;
        }
        let from = pull_file(file, folder, mirror).await?;
        crate::say(format_args!("{}: from {from}", file.file_name));
    }
    Ok(())
}

/// Tries each place; returns the one that had the file.
async fn pull_file(file: &ModelFile, folder: &Path, mirror: Option<&str>) -> anyhow::Result<String> {
    let mirrored = mirror.map(|mirror| format!("{}/{}", mirror.trim_end_matches('/'), file.file_name));
    let places: Vec<String> = mirrored.into_iter().chain(file.urls.iter().cloned()).collect();
    let mut failures = Vec::new();
    for place in &places {
        match fetch(file, place, folder).await {
            Ok(()) => return Ok(place.clone()),
            Err(error) => failures.push(format!("{place}: {error:#}")),
        }
    }
    if failures.is_empty() {
        failures.push("no place is known for it".to_owned());
    }
    bail!(
        "{} could not be had ({}): put the file with SHA-256 {} into a folder and let FINDME_MODEL_MIRROR name it",
        file.file_name,
        failures.join("; "),
        file.sha256
    )
}

/// Copies the file at `place` (an http address or a path) into `folder`, under its name only when it is right.
async fn fetch(file: &ModelFile, place: &str, folder: &Path) -> anyhow::Result<()> {
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    let actual = if place.starts_with("http://") || place.starts_with("https://") {
        download(place, file.bytes, &mut aside).await?
    } else {
        let mut source = std::fs::File::open(place).context("it cannot be read")?;
        std::io::copy(&mut source, &mut aside)?;
        super::sha256_of(aside.path())?
    };
    if actual != file.sha256 {
        bail!("its SHA-256 is {actual}, not {}", file.sha256);
    }
    aside.as_file().sync_all()?;
    let path = folder.join(&file.file_name);
    aside.persist(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    make_readable(&path)
}

async fn download(url: &str, size_bytes: u64, to: &mut impl std::io::Write) -> anyhow::Result<Digest> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build()?;
    let mut answer = client.get(url).send().await?.error_for_status()?;
    let bar = ProgressBar::new(size_bytes);
    let mut hasher = Sha256::new();
    let mut received = 0_u64;
    while let Some(chunk) = answer.chunk().await? {
        received += chunk.len() as u64;
        if received > size_bytes {
            bail!("it is longer than the {size_bytes} bytes that it must have");
        }
        hasher.update(&chunk);
        to.write_all(&chunk)?;
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(Digest(hasher.finalize().into()))
}

/// Temporary files are their owner's alone; a model may be read by all.
fn make_readable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))?)
}
