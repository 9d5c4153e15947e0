//! Photo bytes at rest: in a folder, in an S3-compatible store, or in memory for tests.
//!
//! ## Why
//! - `object_store` gives one behaviour over all three: a write is seen whole or not at all.
//! - Keys are made here and nowhere else ([`BlobKey`]), and each begins with its event.
//! - A photo's key is its SHA-256: writing the same photo again after a crash writes the same blob.
//! - In a folder a write is durable when it returns: `object_store` syncs the file before it is renamed to its key, and
//!   the folder after, also for a blob written in parts and for folders that were made for it.
//! - A store that is away, or that hangs, is an error after a bounded time ([`TimeLimits`]), never a wait without end.
//!   While a blob's bytes flow, only a standstill ends it: a slow reader may take as long as it needs.

mod error;
mod images;
mod key;
mod list;
mod mark;
mod parts;
mod probe;
mod settings;
mod staging;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use domain::EventId;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path::Path as StorePath};

pub use error::BlobError;
pub use key::{BlobKey, ImageKey, PartKey, StoredKey};
pub use list::BlobInfo;
pub use settings::{S3Settings, Settings, TimeLimits};
pub use staging::StagingFile;

/// A store of photo bytes. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    place: String,
    /// Where the files are, if it is a folder.
    folder: Option<PathBuf>,
    is_s3: bool,
    limits: TimeLimits,
    probed: Arc<probe::LastProbe>,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blobs({})", self.place)
    }
}

/// A blob on its way to a reader.
pub struct BlobStream {
    /// Its length.
    pub size_bytes: u64,
    /// Its bytes, in pieces.
    pub stream: BoxStream<'static, Result<Bytes, BlobError>>,
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobStream({} bytes)", self.size_bytes)
    }
}

impl Blobs {
    /// Opens the store that `settings` describe. A folder is made when it does not exist.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, BlobError> {
        Self::open_within(settings, TimeLimits::default())
    }

    /// The same, with other limits of time.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn open_within(settings: &Settings, limits: TimeLimits) -> Result<Self, BlobError> {
        let folder = match settings {
            Settings::Folder(folder) => Some(folder.clone()),
            Settings::S3(_) | Settings::Memory => None,
        };
        let store = settings::open(settings, limits)?;
        let is_s3 = matches!(settings, Settings::S3(_));
        Ok(Self { store, place: settings.to_string(), folder, is_s3, limits, probed: Arc::default() })
    }

    /// Where the bytes are, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the bytes are in an S3-compatible store.
    pub fn is_s3(&self) -> bool {
        self.is_s3
    }

    /// Stores `bytes`, in place of what was there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.store.put(key.path(), PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }

    /// Stores the file at `path`, a part at a time, so that memory does not grow with the file.
    ///
    /// # Errors
    /// When the file cannot be read or the store fails; then nothing is stored under `key`.
    pub async fn put_file(&self, key: &BlobKey, path: &Path) -> Result<(), BlobError> {
        self.write(key, write::read_file(path)).await
    }

    /// All bytes of a blob; `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, BlobError> {
        match self.answered(self.store.get(key.path())).await? {
            Some(found) => Ok(Some(found.bytes().await?)),
            None => Ok(None),
        }
    }

    /// The bytes of a blob in pieces; `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stream(&self, key: &BlobKey) -> Result<Option<BlobStream>, BlobError> {
        let found = self.answered(self.store.get(key.path())).await?;
        Ok(found.map(|found| BlobStream {
            size_bytes: found.meta.size,
            stream: found.into_stream().map_err(BlobError::from).boxed(),
        }))
    }

    /// What the store says of something of this name; `None` when it has nothing. It must say so in time.
    async fn answered<T>(
        &self,
        asked: impl Future<Output = object_store::Result<T>>,
    ) -> Result<Option<T>, BlobError> {
        match tokio::time::timeout(self.limits.answer, asked).await {
            Ok(Ok(found)) => Ok(Some(found)),
            Ok(Err(object_store::Error::NotFound { .. })) => Ok(None),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(BlobError::Late(self.limits.answer)),
        }
    }

    /// The keys of all blobs of an event, as text.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_event(&self, event_id: EventId) -> Result<Vec<String>, BlobError> {
        let prefix = key::event_prefix(event_id);
        let found: Vec<_> = self.store.list(Some(&prefix)).try_collect().await?;
        Ok(found.into_iter().map(|meta| meta.location.to_string()).collect())
    }

    /// Removes all blobs of an event. Returns how many there were.
    ///
    /// # Errors
    /// When the store fails; what was removed by then stays removed.
    pub async fn delete_event(&self, event_id: EventId) -> Result<usize, BlobError> {
        let removed = self.delete_below(key::event_prefix(event_id)).await?;
        // Bytes of a process that was killed are not blobs, but they are photos all the same.
        self.delete_staging_below(&key::event_prefix(event_id)).await?;
        Ok(removed)
    }

    async fn delete_below(&self, prefix: StorePath) -> Result<usize, BlobError> {
        let places = self.store.list(Some(&prefix)).map_ok(|meta| meta.location).boxed();
        let mut removed = 0;
        let mut removals = self.store.delete_stream(places);
        while let Some(removal) = removals.next().await {
            match removal {
                Ok(_) => removed += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(removed)
    }

    /// Removes a blob; removing one that is not there is no error.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.answered(self.store.delete(key.path())).await?;
        Ok(())
    }
}
