//! What nobody comes back for: uploads that were interrupted at their very end, and uploads that have run out.

use domain::{EventId, UploadId};
use store::StoreError;
use time::Duration;

use crate::append::LASTS;
use crate::{ReceiveError, Receiver};

/// Uploads looked at in one go.
const AT_ONCE: i64 = 100;
/// Uploads swept away in one go; the rest have their turn with the next one.
const SWEPT_AT_ONCE: i64 = 10_000;
/// Whoever received the last part of a file has so long to finish it, before somebody else does.
const LEFT_ALONE: Duration = Duration::minutes(1);

impl Receiver {
    /// Finishes uploads that are stored whole but whose last request was interrupted. Returns how many.
    ///
    /// # Errors
    /// When the database or the photo store is away.
    pub async fn finish_interrupted(&self) -> Result<usize, ReceiveError> {
        let now = self.clock.now();
        let mut tx = self.store.begin_job().await?;
        let uploads = store::upload::unfinished(&mut tx, now, now + LASTS - LEFT_ALONE, AT_ONCE).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let mut failed = Ok(uploads.len());
        for upload in &uploads {
            match self.finish(upload, None).await {
                Ok(_) | Err(ReceiveError::EventGone | ReceiveError::UploadGone | ReceiveError::Changed) => {}
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Deletes the parts of uploads that have an outcome, where whoever wrote it down could not. Returns how many uploads.
    ///
    /// # Errors
    /// When the database or the photo store is away.
    pub async fn drop_left_parts(&self) -> Result<usize, ReceiveError> {
        let mut tx = self.store.begin_job().await?;
        let uploads = store::upload::with_parts(&mut tx, AT_ONCE).await?;
        tx.commit().await.map_err(StoreError::from)?;
        for (event_id, upload_id) in &uploads {
            self.try_to_drop_parts(*event_id, *upload_id).await?;
        }
        Ok(uploads.len())
    }

    /// Deletes uploads that have run out, with their parts. Returns how many.
    ///
    /// # Errors
    /// When the database or the photo store is away; an upload that cannot be deleted does not keep others from it.
    pub async fn sweep_uploads(&self) -> Result<usize, ReceiveError> {
        let mut tx = self.store.begin_job().await?;
        let expired = store::upload::expired(&mut tx, self.clock.now(), SWEPT_AT_ONCE).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let mut outcome = Ok(expired.len());
        for (event_id, upload_id) in expired {
            if let Err(error) = self.sweep_upload(event_id, upload_id).await {
                tracing::warn!(%error, %upload_id, "an upload that has run out could not be deleted; trying again later");
                outcome = Err(error);
            }
        }
        outcome
    }

    /// The parts first: their row is what leads to them. A row that got another part meanwhile stays.
    async fn sweep_upload(&self, event_id: EventId, upload_id: UploadId) -> Result<(), ReceiveError> {
        self.blobs.delete_upload(event_id, upload_id.0).await?;
        let mut tx = self.store.begin_job().await?;
        store::upload::delete_expired(&mut tx, event_id, upload_id, self.clock.now()).await?;
        Ok(tx.commit().await.map_err(StoreError::from)?)
    }
}
