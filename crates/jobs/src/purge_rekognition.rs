//! Deletes faces at Amazon Rekognition whose photos or events were deleted here.

use std::time::Duration;

use recognizer::{Rekognition, Unavailable};
use store::rekognition::{self, Place};

use crate::{JobError, Worker};

/// Photos whose faces are deleted in one go: for each go all faces of the collection are listed.
const AT_ONCE: i64 = 1000;
/// How long one go may take. Meanwhile no photo of the event is sent; and it is less than for what a purge is put off.
const LASTS: Duration = Duration::from_mins(2);

/// Where the settings let faces be kept.
pub(crate) fn place_of(there: &Rekognition) -> Place<'_> {
    Place { region: there.region(), collection_prefix: there.collection_prefix() }
}

/// Deletes the faces of some photos, or of a whole event. Returns how many photos were looked at.
///
/// What cannot be deleted now comes again by itself, and nothing is ever taken for deleted that Rekognition has not said is.
pub(crate) async fn purge_some(worker: &Worker) -> Result<usize, JobError> {
    let Some(there) = worker.recognizer.rekognition() else { return Ok(0) };
    let purged = tokio::time::timeout(LASTS, purge(worker, there)).await;
    purged.unwrap_or_else(|_| {
        let reason = "deleting faces took too long".to_owned();
        Err(Unavailable { busy: false, may_be_ours: false, reason }.into())
    })
}

async fn purge(worker: &Worker, there: &Rekognition) -> Result<usize, JobError> {
    let place = place_of(there);
    let mut tx = worker.store.begin_job().await?;
    let claimed = rekognition::claim(&mut tx, place, AT_ONCE).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let Some(purge) = claimed else { return Ok(0) };
    let mut tx = worker.store.begin_job().await?;
    let photo_ids = rekognition::begin(&mut tx, place, &purge).await?;
    let event_id = purge.event_id;
    if rekognition::is_used_by(&mut tx, event_id).await? {
        let faces = there.delete_photos(event_id, &photo_ids).await?;
        rekognition::done(&mut tx, place, event_id, &photo_ids).await?;
        let photos = photo_ids.len();
        tracing::info!(%event_id, photos, faces, "faces of deleted photos were removed at Rekognition");
    } else {
        there.delete_collection(event_id).await?;
        rekognition::done_event(&mut tx, place, event_id).await?;
        tracing::info!(%event_id, "a collection that no event uses was removed at Rekognition");
    }
    tx.commit().await.map_err(store::StoreError::from)?;
    Ok(purge.photo_ids.len())
}
