//! What nobody comes back for: uploads that were interrupted at their very end, and uploads that have run out.

use store::StoreError;
use time::Duration;

use crate::append::LASTS;
use crate::{ReceiveError, Receiver};

/// Uploads looked at in one go.
const AT_ONCE: i64 = 100;
/// Whoever received the last part of a file has so long to finish it, before somebody else does.
const LEFT_ALONE: Duration = Duration::minutes(1);

impl Receiver {
    /// Finishes uploads that are stored whole but whose last request was interrupted. Returns how many.
    ///
    /// # Errors
    /// When the database or the photo store is away.
    pub async fn finish_interrupted(&self) -> Result<usize, ReceiveError> {
        let mut tx = self.store.begin_job().await?;
        let uploads =
            store::upload::unfinished(&mut tx, self.clock.now() + LASTS - LEFT_ALONE, AT_ONCE).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let mut failed = Ok(uploads.len());
        for upload in &uploads {
            match self.finish(upload, None).await {
                Ok(_) | Err(ReceiveError::EventGone | ReceiveError::UploadGone) => {}
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Deletes uploads that have run out, with their parts. Returns how many.
    ///
    /// # Errors
    /// When the database or the photo store is away.
    pub async fn sweep_uploads(&self) -> Result<usize, ReceiveError> {
        let mut swept = 0;
        loop {
            let mut tx = self.store.begin_job().await?;
            let expired = store::upload::expired(&mut tx, self.clock.now(), AT_ONCE).await?;
            for (event_id, upload_id) in &expired {
                // The parts first: their row is what leads to them.
                self.blobs.delete_upload(*event_id, upload_id.0).await?;
                store::upload::delete(&mut tx, *event_id, *upload_id).await?;
            }
            tx.commit().await.map_err(StoreError::from)?;
            if expired.is_empty() {
                return Ok(swept);
            }
            swept += expired.len();
        }
    }
}
