//! Deletes the blobs of photos that were deleted while their event goes on.

use blobs::{BlobError, BlobKey};
use domain::Rendition;
use store::photo_purge::{self, Purge};

use crate::{JobError, Worker};

/// Photos whose blobs are deleted before a look at what else there is to do.
const AT_ONCE: usize = 20;

/// Deletes the blobs of some photos whose turn it is. Returns how many photos were looked at.
///
/// Blobs that cannot be deleted are put off, so that they keep no others from it; only a store that does not work at all
/// ends the round.
pub(crate) async fn purge_some(worker: &Worker) -> Result<usize, JobError> {
    let mut looked_at = 0;
    while looked_at < AT_ONCE && purge_one(worker).await? {
        looked_at += 1;
    }
    if looked_at > 0 {
        tracing::info!(photos = looked_at, "files of deleted photos were looked at");
    }
    Ok(looked_at)
}

/// Deletes the blobs of one photo whose turn it is; false when there is none.
///
/// The purge is locked until all is done: whoever uploads the same bytes again waits for it, and then writes them anew.
async fn purge_one(worker: &Worker) -> Result<bool, JobError> {
    let mut tx = worker.store.begin_job().await?;
    let Some(purge) = photo_purge::claim(&mut tx).await? else { return Ok(false) };
    let is_due = photo_purge::is_due(&mut tx, purge).await?;
    let deleted = if is_due { delete_blobs(worker, purge).await } else { Ok(()) };
    if deleted.is_ok() {
        photo_purge::cancel(&mut tx, purge.event_id, purge.sha256).await?;
    } else {
        photo_purge::try_later(&mut tx, purge).await?;
    }
    tx.commit().await.map_err(store::StoreError::from)?;
    if let Err(error) = deleted {
        let (event_id, sha256) = (purge.event_id, purge.sha256);
        tracing::warn!(%error, %event_id, %sha256, "files of a deleted photo could not be removed; trying again later");
        if worker.blobs.works().await.is_err() {
            return Err(error.into());
        }
    }
    Ok(true)
}

async fn delete_blobs(worker: &Worker, purge: Purge) -> Result<(), BlobError> {
    for rendition in Rendition::STORED {
        worker.blobs.delete(&BlobKey::new(purge.event_id, purge.sha256, rendition)).await?;
    }
    Ok(())
}
