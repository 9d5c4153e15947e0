//! Deletes faces at Amazon Rekognition whose photos or events were deleted here.

use domain::EventId;
use recognizer::{Rekognition, Unavailable};
use store::rekognition::{self, Purge};

use crate::{JobError, Worker};

/// Photos whose faces are deleted in one go.
const AT_ONCE: i64 = 20;

/// Deletes the faces of some photos, or of a whole event. Returns how many photos were looked at.
///
/// The notes are locked until all is done. What cannot be deleted now is put off, and nothing is ever taken for deleted
/// that Rekognition has not said is.
pub(crate) async fn purge_some(worker: &Worker) -> Result<usize, JobError> {
    let Some(there) = worker.recognizer.rekognition() else { return Ok(0) };
    let mut tx = worker.store.begin_job().await?;
    let Some(purge) = rekognition::claim(&mut tx, AT_ONCE).await? else { return Ok(0) };
    let is_used = rekognition::is_used_by(&mut tx, purge.event_id).await?;
    let deleted =
        if is_used { of_photos(there, &purge).await } else { of_event(there, purge.event_id).await };
    match &deleted {
        Ok(()) if is_used => rekognition::done(&mut tx, &purge).await?,
        Ok(()) => rekognition::done_event(&mut tx, purge.event_id).await?,
        Err(_) => rekognition::try_later(&mut tx, &purge).await?,
    }
    tx.commit().await.map_err(store::StoreError::from)?;
    deleted?;
    Ok(purge.photo_ids.len())
}

async fn of_photos(there: &Rekognition, purge: &Purge) -> Result<(), Unavailable> {
    let (event_id, photos) = (purge.event_id, purge.photo_ids.len());
    let faces = there.delete_photos(event_id, &purge.photo_ids).await?;
    tracing::info!(%event_id, photos, faces, "faces of deleted photos were removed at Rekognition");
    Ok(())
}

async fn of_event(there: &Rekognition, event_id: EventId) -> Result<(), Unavailable> {
    there.delete_collection(event_id).await?;
    tracing::info!(%event_id, "a collection that no event uses was removed at Rekognition");
    Ok(())
}
