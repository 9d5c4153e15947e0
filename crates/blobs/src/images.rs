//! Logos and covers of events: small, and read whole.

use bytes::Bytes;
use object_store::ObjectStoreExt as _;

use crate::{BlobError, Blobs, ImageKey};

impl Blobs {
    /// Stores an image, in place of what was there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_image(&self, key: &ImageKey, bytes: Bytes) -> Result<(), BlobError> {
        self.put_at(key.path(), bytes).await
    }

    /// All bytes of an image; `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn image(&self, key: &ImageKey) -> Result<Option<Bytes>, BlobError> {
        match self.answered(self.store.get(key.path())).await? {
            Some(found) => Ok(Some(found.bytes().await?)),
            None => Ok(None),
        }
    }

    /// Removes an image; removing one that is not there is no error.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_image(&self, key: &ImageKey) -> Result<(), BlobError> {
        self.answered(self.store.delete(key.path())).await?;
        Ok(())
    }
}
