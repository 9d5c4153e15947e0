//! Photo bytes at rest: in a folder, in an S3-compatible store, or in memory for tests.
//!
//! ## Why
//! - `object_store` gives one behaviour over all three: a write is seen whole or not at all.
//! - Keys are made here and nowhere else ([`BlobKey`]), and each begins with its event.
//! - A photo's key is its SHA-256: writing the same photo again after a crash writes the same blob.

mod key;
mod parts;
mod settings;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::EventId;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path::Path as StorePath};

pub use key::{BlobKey, PartKey};
pub use settings::{S3Settings, Settings};

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The settings do not describe a store.
    #[error("the photo store cannot be opened: {0}")]
    Open(String),
    /// The store refused, failed or cannot be reached.
    #[error("the photo store failed: {0}")]
    Store(#[from] object_store::Error),
    /// The file to store cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

impl BlobError {
    /// Whether the blob that was asked for is not there, while the store works.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}

/// A store of photo bytes. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    place: String,
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
        Ok(Self { store: settings::open(settings)?, place: settings.to_string() })
    }

    /// Where the bytes are, for people.
    pub fn place(&self) -> &str {
        &self.place
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
        match self.store.get(key.path()).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a blob in pieces; `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stream(&self, key: &BlobKey) -> Result<Option<BlobStream>, BlobError> {
        match self.store.get(key.path()).await {
            Ok(found) => Ok(Some(BlobStream {
                size_bytes: found.meta.size,
                stream: found.into_stream().map_err(BlobError::from).boxed(),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
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
        self.delete_below(key::event_prefix(event_id)).await
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
        match self.store.delete(key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes, reads and removes a small blob: whether the store works.
    ///
    /// # Errors
    /// When one of the three fails, or other bytes come back.
    pub async fn probe(&self) -> Result<(), BlobError> {
        let path = key::probe_path();
        self.store.put(&path, PutPayload::from_static(b"findme")).await?;
        let read = self.store.get(&path).await?.bytes().await?;
        self.store.delete(&path).await?;
        if read.as_ref() == b"findme" {
            Ok(())
        } else {
            Err(BlobError::Open("what was written is not what is read".to_owned()))
        }
    }
}
