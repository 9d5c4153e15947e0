//! Files that a killed process left in a folder: bytes on their way to a key that they never reached.
//!
//! `object_store` writes to `{key}#{number}` and renames that file to `{key}` when it is whole and synced. It never
//! lists such files and never removes those of another process.

use std::path::{Path, PathBuf};

use futures::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use object_store::path::Path as StorePath;
use time::OffsetDateTime;

use crate::{BlobError, Blobs};

/// A file that is, or was, on its way to a key of a folder.
#[derive(Clone, Debug)]
pub struct StagingFile {
    path: PathBuf,
    /// Its length.
    pub size_bytes: u64,
    /// When something was written to it last.
    pub modified_at: OffsetDateTime,
}

impl StagingFile {
    /// Where it lies, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Blobs {
    /// All files that are or were on their way to a key, in no order; none in a store that is no folder.
    pub fn list_staging(&self) -> BoxStream<'static, Result<StagingFile, BlobError>> {
        match &self.folder {
            Some(folder) => staging_below(folder.clone()),
            None => stream::empty().boxed(),
        }
    }

    /// Removes such a file; removing one that is not there is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn delete_staging(&self, file: &StagingFile) -> Result<(), BlobError> {
        match tokio::fs::remove_file(&file.path).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(named(&file.path, error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes those of them that lie below `prefix`.
    pub(crate) async fn delete_staging_below(&self, prefix: &StorePath) -> Result<(), BlobError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut files = staging_below(folder.join(prefix.as_ref()));
        while let Some(file) = files.try_next().await? {
            self.delete_staging(&file).await?;
        }
        Ok(())
    }
}

/// Whether a file is on its way to a key: `object_store` leaves names of this form to itself.
fn is_staging(name: &str) -> bool {
    name.split_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The folders still to be read, and the one that is being read.
struct Walk {
    folders: Vec<PathBuf>,
    reading: Option<tokio::fs::ReadDir>,
}

fn staging_below(folder: PathBuf) -> BoxStream<'static, Result<StagingFile, BlobError>> {
    let walk = Walk { folders: vec![folder], reading: None };
    stream::try_unfold(walk, async |mut walk| Ok(walk.next().await?.map(|file| (file, walk)))).boxed()
}

impl Walk {
    async fn next(&mut self) -> Result<Option<StagingFile>, BlobError> {
        loop {
            let Some(reading) = &mut self.reading else {
                let Some(folder) = self.folders.pop() else { return Ok(None) };
                // A folder that went meanwhile has nothing in it.
                self.reading = present(&folder, tokio::fs::read_dir(&folder).await)?;
                continue;
            };
            let entry =
                reading.next_entry().await.map_err(|error| named(Path::new("the photo store"), error))?;
            let Some(entry) = entry else {
                self.reading = None;
                continue;
            };
            let path = entry.path();
            let Some(metadata) = present(&path, entry.metadata().await)? else { continue };
            if metadata.is_dir() {
                self.folders.push(path);
            } else if entry.file_name().to_str().is_some_and(is_staging) {
                let modified_at = metadata.modified().map_err(|error| named(&path, error))?.into();
                return Ok(Some(StagingFile { path, size_bytes: metadata.len(), modified_at }));
            }
        }
    }
}

/// What was found, or `None` when it is gone.
fn present<T>(path: &Path, found: std::io::Result<T>) -> Result<Option<T>, BlobError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(path, error)),
    }
}

fn named(path: &Path, source: std::io::Error) -> BlobError {
    BlobError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_behind_the_sign_makes_a_staging_file() {
        for (name, expected) in [("original#1", true), ("original#23", true), ("original", false)] {
            assert_eq!(is_staging(name), expected, "{name}");
        }
        assert!(!is_staging("original#") && !is_staging("original#1a"));
    }
}
