//! The mark by which a store is known again: that what is mounted is the store whose photos the database speaks of.

use object_store::ObjectStoreExt as _;
use uuid::Uuid;

use crate::{BlobError, Blobs, key};

impl Blobs {
    /// The store's mark; `None` when it has none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mark(&self) -> Result<Option<Uuid>, BlobError> {
        let found = self.answered(self.store.get(&key::mark_path())).await?;
        let Some(found) = found else { return Ok(None) };
        let bytes = found.bytes().await?;
        let mark = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
        mark.map(Some).ok_or_else(|| BlobError::Open(format!("{} holds no id", key::mark_path())))
    }

    /// Marks the store.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_mark(&self, mark: Uuid) -> Result<(), BlobError> {
        self.put_at(&key::mark_path(), mark.to_string().into()).await
    }
}
