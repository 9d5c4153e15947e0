//! The parts of unfinished uploads: written as they arrive, put together in the end.

use bytes::Bytes;
use domain::EventId;
use futures::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use object_store::ObjectStoreExt as _;
use uuid::Uuid;

use crate::{BlobError, BlobKey, Blobs, PartKey, key};

impl Blobs {
    /// Stores one part of an unfinished upload, in place of what was there.
    ///
    /// # Errors
    /// When the store fails; then there is no part under `key`, or the one that was there before.
    pub async fn put_part(&self, key: &PartKey, bytes: Bytes) -> Result<(), BlobError> {
        self.put_at(key.path(), bytes).await
    }

    /// The bytes of `parts`, one part after the other, in pieces.
    ///
    /// The stream ends with an error when a part is missing or the store fails.
    pub fn read_parts(&self, parts: &[PartKey]) -> BoxStream<'static, Result<Bytes, BlobError>> {
        let store = self.store.clone();
        stream::iter(parts.to_vec())
            .then(move |part| {
                let store = store.clone();
                async move { Ok::<_, BlobError>(store.get(part.path()).await?.into_stream().err_into()) }
            })
            .try_flatten()
            .boxed()
    }

    /// Stores `parts`, one after the other, as the blob `key`, in place of what was there. The parts stay.
    ///
    /// # Errors
    /// When a part is missing or the store fails; then nothing new is stored under `key`.
    pub async fn assemble(&self, parts: &[PartKey], key: &BlobKey) -> Result<(), BlobError> {
        self.write(key, self.read_parts(parts)).await
    }

    /// Removes a part; removing one that is not there is no error.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_part(&self, key: &PartKey) -> Result<(), BlobError> {
        self.answered(self.store.delete(key.path())).await?;
        Ok(())
    }

    /// Removes all parts of an upload. Returns how many there were.
    ///
    /// # Errors
    /// When the store fails; what was removed by then stays removed.
    pub async fn delete_upload(&self, event_id: EventId, upload_id: Uuid) -> Result<usize, BlobError> {
        self.delete_below(key::upload_prefix(event_id, upload_id)).await
    }
}
