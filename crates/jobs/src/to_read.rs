//! Originals for the recognizer. Where faces are kept elsewhere, photos are noted before they are sent.

use std::collections::HashSet;

use bytes::Bytes;
use domain::{EventId, PhotoId, REKOGNITION_PACK};
use recognizer::ToRead;

use crate::ingest_photo::Asked;
use crate::{JobError, Worker};

/// The photos as the recognizer takes them.
pub(crate) async fn to_read(
    worker: &Worker,
    event_id: EventId,
    pack: &str,
    found: &[(&Asked, Bytes)],
) -> Result<Vec<ToRead>, JobError> {
    let before = if pack == REKOGNITION_PACK { note(worker, event_id, found).await? } else { HashSet::new() };
    let photo = |(one, bytes): &(&Asked, Bytes)| {
        let photo_id = one.photo.photo_id;
        ToRead { photo_id, bytes: bytes.clone(), sent_before: before.contains(&photo_id) }
    };
    Ok(found.iter().map(photo).collect())
}

/// Notes that they are about to be sent, for good: this process may end in the middle. Returns those that were noted
/// before.
async fn note(
    worker: &Worker,
    event_id: EventId,
    found: &[(&Asked, Bytes)],
) -> Result<HashSet<PhotoId>, JobError> {
    let ids: Vec<PhotoId> = found.iter().map(|(one, _)| one.photo.photo_id).collect();
    let mut tx = worker.store.begin_job().await?;
    let before = store::rekognition::note_sent(&mut tx, event_id, &ids).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    Ok(before.into_iter().collect())
}
