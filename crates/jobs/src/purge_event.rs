//! Deletes the blobs of events that were deleted.

use store::purge;

use crate::{JobError, Worker};

/// A purge that was begun and not ended is taken up by another worker after so long.
const AGAIN_SECONDS: i32 = 120;

/// Deletes the blobs of one event whose turn it is; false when there is none.
///
/// Each event comes again after two minutes and after a day: what was being written when the event went, by an upload or
/// a worker, is there by then.
pub(crate) async fn purge_one(worker: &Worker) -> Result<bool, JobError> {
    let mut tx = worker.store.begin_job().await?;
    let claimed = purge::claim(&mut tx, AGAIN_SECONDS).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let Some(claimed) = claimed else { return Ok(false) };
    let removed = worker.blobs.delete_event(claimed.event_id).await?;
    tracing::info!(event_id = %claimed.event_id, removed, "files of a deleted event were removed");
    let mut tx = worker.store.begin_job().await?;
    purge::done(&mut tx, claimed).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    Ok(true)
}
