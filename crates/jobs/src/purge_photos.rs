//! Deletes the blobs of photos that were deleted while their event goes on.

use blobs::BlobKey;
use domain::Rendition;
use store::photo_purge::{self, Purge};

use crate::{JobError, Worker};

/// Photos whose blobs are deleted in one go, while their purges stay locked.
const AT_ONCE: i64 = 20;

/// Deletes the blobs of some photos whose turn it is. Returns how many photos.
///
/// The purges are locked until all is done: whoever uploads the same bytes again waits for it, and then writes them anew.
pub(crate) async fn purge_some(worker: &Worker) -> Result<usize, JobError> {
    let mut tx = worker.store.begin_job().await?;
    let claimed = photo_purge::claim(&mut tx, AT_ONCE).await?;
    for purge in &claimed {
        if photo_purge::is_due(&mut tx, *purge).await? {
            delete_blobs(worker, *purge).await?;
        }
        photo_purge::cancel(&mut tx, purge.event_id, purge.sha256).await?;
    }
    tx.commit().await.map_err(store::StoreError::from)?;
    if !claimed.is_empty() {
        tracing::info!(photos = claimed.len(), "files of deleted photos were removed");
    }
    Ok(claimed.len())
}

async fn delete_blobs(worker: &Worker, purge: Purge) -> Result<(), JobError> {
    for rendition in Rendition::STORED {
        worker.blobs.delete(&BlobKey::new(purge.event_id, purge.sha256, rendition)).await?;
    }
    Ok(())
}
