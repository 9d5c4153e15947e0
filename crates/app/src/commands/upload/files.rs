//! Which files are sent, and what tells that a file has changed.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};
use domain::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Names of photographs end like this, in small or capital letters.
const ENDINGS: [&str; 16] = [
    "jpg", "jpeg", "jpe", "png", "webp", "heic", "heif", "avif", "cr2", "cr3", "nef", "arw", "dng", "raf",
    "orf", "rw2",
];
const BUFFER_BYTES: usize = 256 * 1024;

/// What a file that was not touched still has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Its length in bytes.
    pub(super) size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub(super) written_ns: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let written = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let written_ns = u64::try_from(written.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
        Self { size: metadata.len(), written_ns }
    }
}

/// A file that may be sent.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// A file whose content is known.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    pub(super) file: Found,
    pub(super) sha256: Digest,
}

/// What cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

/// What one look at the folders saw.
#[derive(Default)]
pub(super) struct Look {
    /// Ordered by name, folder after folder.
    pub(super) found: Vec<Found>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// The folders to look at.
#[derive(Clone)]
pub(super) struct Folders {
    roots: Vec<PathBuf>,
    all: bool,
}

impl Folders {
    /// Whether they are there is checked here.
    pub(super) fn new(dirs: &[PathBuf], all: bool) -> anyhow::Result<Self> {
        let mut roots = Vec::new();
        for dir in dirs {
            let root = dir.canonicalize().with_context(|| format!("{} cannot be opened", dir.display()))?;
            if !roots.iter().any(|other| root.starts_with(other)) {
                roots.retain(|other: &PathBuf| !other.starts_with(&root));
                roots.push(root);
            }
        }
        if roots.is_empty() {
            bail!("name a folder");
        }
        Ok(Self { roots, all })
    }

    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Looks at them now. Hidden files and what links lead to are left out.
    pub(super) fn look(&self) -> Look {
        let mut look = Look::default();
        for root in &self.roots {
            let walk = walkdir::WalkDir::new(root).sort_by_file_name();
            for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.path()))
            {
                self.take(entry, root, &mut look);
            }
        }
        look
    }

    fn take(&self, entry: walkdir::Result<walkdir::DirEntry>, root: &Path, look: &mut Look) {
        let unreadable = |error: walkdir::Error| Unreadable {
            path: error.path().unwrap_or(root).to_owned(),
            reason: error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
        };
        match entry {
            Ok(entry) if !entry.file_type().is_file() => {}
            Ok(entry) if !self.all && entry.depth() > 0 && !is_photograph(entry.path()) => {}
            Ok(entry) => match entry.metadata() {
                Ok(metadata) => {
                    look.found.push(Found { stamp: Stamp::of(&metadata), path: entry.into_path() });
                }
                Err(error) => look.unreadable.push(unreadable(error)),
            },
            Err(error) => look.unreadable.push(unreadable(error)),
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_photograph(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Opens a file that must be as it was found.
pub(super) fn open(file: &Found) -> Result<std::fs::File, String> {
    let opened = std::fs::File::open(&file.path).map_err(|error| error.to_string())?;
    match opened.metadata() {
        Ok(metadata) if Stamp::of(&metadata) == file.stamp => Ok(opened),
        Ok(_) => Err(CHANGED.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Why a file is not sent that changes while it is read.
pub(super) const CHANGED: &str = "it changed while it was being sent: run the same command again";

/// Reads a whole file; an error says why it cannot be sent.
pub(super) fn hash(file: &Found) -> Result<Digest, String> {
    use std::io::Read as _;
    let mut opened = open(file)?;
    let (mut hasher, mut buffer, mut size) = (Sha256::new(), vec![0; BUFFER_BYTES], 0_u64);
    loop {
        let read = opened.read(&mut buffer).map_err(|error| error.to_string())?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hasher.update(&buffer[..read]);
    }
    if size != file.stamp.size {
        return Err(CHANGED.to_owned());
    }
    open(file)?;
    Ok(Digest(hasher.finalize().into()))
}

/// Does `work`, which reads disks or computes, away from the threads that talk to the network.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = tokio::sync::oneshot::channel();
    rayon::spawn(move || {
        // Whoever asked may be gone.
        let _ = done.send(work());
    });
    result.await.expect("the work does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_are_found_in_order_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("b")).unwrap();
        std::fs::create_dir_all(root.join(".trash")).unwrap();
        let names = ["b/2.NEF", "a.JPG", "c.heic", "notes.txt", ".hidden.jpg", ".trash/1.jpg", "movie.mov"];
        for name in names {
            std::fs::write(root.join(name), name).unwrap();
        }
        std::os::unix::fs::symlink(root.join("a.JPG"), root.join("link.jpg")).unwrap();
        let seen = |all| {
            let look = Folders::new(&[root.clone(), root.join("b")], all).unwrap().look();
            assert_eq!(look.unreadable, []);
            let name = |file: &Found| file.path.strip_prefix(&root).unwrap().display().to_string();
            look.found.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(seen(false), ["a.JPG", "b/2.NEF", "c.heic"]);
        assert_eq!(seen(true), ["a.JPG", "b/2.NEF", "c.heic", "movie.mov", "notes.txt"]);
        assert!(Folders::new(&[root.join("nowhere")], false).is_err());
    }

    #[test]
    fn a_file_that_changed_is_not_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        std::fs::write(&path, "before").unwrap();
        let file = Found { stamp: Stamp::of(&path.metadata().unwrap()), path: path.clone() };
        assert_eq!(hash(&file), Ok(Digest::of(b"before")));
        std::fs::write(&path, "afterwards").unwrap();
        assert_eq!(hash(&file), Err(CHANGED.to_owned()));
        std::fs::remove_file(&path).unwrap();
        assert!(hash(&file).is_err());
    }
}
