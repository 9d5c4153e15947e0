//! What is in the store, as the check of the whole installation reads it.

use domain::EventId;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{ObjectMeta, ObjectStoreExt as _, path::Path};
use time::OffsetDateTime;

use crate::{BlobError, BlobKey, Blobs, StoredKey, key};

/// A blob, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// What it is.
    pub key: StoredKey,
    /// Its length.
    pub size_bytes: u64,
    /// When it was written last, by the store's clock, in whole seconds.
    pub modified_at: OffsetDateTime,
}

impl BlobInfo {
    fn of(meta: &ObjectMeta) -> Self {
        Self {
            key: StoredKey::of(meta.location.as_ref()),
            size_bytes: meta.size,
            modified_at: OffsetDateTime::from_unix_timestamp(meta.last_modified.timestamp())
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }
}

impl Blobs {
    /// Every blob there is, in no order. A blob that is written or removed meanwhile may be there or not.
    pub fn list_all(&self) -> BoxStream<'static, Result<BlobInfo, BlobError>> {
        self.list_below(None)
    }

    /// Every blob of an event, its parts of unfinished uploads included, in no order.
    pub fn list_event_blobs(&self, event_id: EventId) -> BoxStream<'static, Result<BlobInfo, BlobError>> {
        self.list_below(Some(&key::event_prefix(event_id)))
    }

    fn list_below(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<BlobInfo, BlobError>> {
        let blobs = self.store.list(prefix).map_ok(|meta| BlobInfo::of(&meta)).err_into::<BlobError>();
        let of_events = |info: &BlobInfo| !matches!(&info.key, StoredKey::Other(name) if key::is_own(name));
        blobs.try_filter(move |info| futures::future::ready(of_events(info))).boxed()
    }

    /// Length and age of one blob; `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn info(&self, key: &BlobKey) -> Result<Option<BlobInfo>, BlobError> {
        Ok(self.answered(self.store.head(key.path())).await?.map(|meta| BlobInfo::of(&meta)))
    }
}
