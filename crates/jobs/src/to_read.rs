//! Originals for the recognizer, and what to do with those that it had no answer for. Where faces are kept elsewhere,
//! photos are noted before they are sent.

use std::collections::HashMap;

use bytes::Bytes;
use domain::{EventId, PhotoId, REKOGNITION_PACK};
use recognizer::{Indexed, NotRead, PhotoError, Read, ToRead};
use store::rekognition::Place;
use uuid::Uuid;

use crate::ingest_photo::Asked;
use crate::purge_rekognition::place_of;
use crate::{JobError, Worker};

/// The photos as the recognizer takes them. One that may not be sent any more is taken out of `found`: its job is gone with
/// it, or comes again for the pack that the event has now.
pub(crate) async fn to_read(
    worker: &Worker,
    event_id: EventId,
    pack: &str,
    found: &mut Vec<(&Asked, Bytes)>,
) -> Result<Vec<ToRead>, JobError> {
    let mut before = HashMap::new();
    if let Some(there) = worker.recognizer.rekognition()
        && pack == REKOGNITION_PACK
    {
        before = note(worker, place_of(there), event_id, found).await?;
        found.retain(|(one, _)| before.contains_key(&one.photo.photo_id));
    }
    let photo = |(one, bytes): &(&Asked, Bytes)| {
        let photo_id = one.photo.photo_id;
        let sent_before = before.get(&photo_id).is_some_and(|before| *before);
        ToRead { photo_id, bytes: bytes.clone(), sent_before }
    };
    Ok(found.iter().map(photo).collect())
}

/// Notes that they are about to be sent, for good: this process may end in the middle. Returns those that may be sent, with
/// whether they were noted before.
async fn note(
    worker: &Worker,
    place: Place<'_>,
    event_id: EventId,
    found: &[(&Asked, Bytes)],
) -> Result<HashMap<PhotoId, bool>, JobError> {
    let ids: Vec<PhotoId> = found.iter().map(|(one, _)| one.photo.photo_id).collect();
    let mut tx = worker.store.begin_job().await?;
    let noted = store::rekognition::note_sent(&mut tx, place, event_id, &ids).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    Ok(noted.into_iter().map(|one| (one.photo_id, one.before)).collect())
}

/// A photo that was read, or cannot be.
pub(crate) type Done<'a> = (&'a Asked, Bytes, Result<Read, PhotoError>);

/// What is done of `found`. The jobs of the others, for which whoever keeps the faces had no answer, are given back: the
/// others do not wait for them.
pub(crate) async fn done<'a>(
    worker: &Worker,
    lease: Uuid,
    found: Vec<(&'a Asked, Bytes)>,
    indexed: Vec<Indexed>,
) -> Vec<Done<'a>> {
    let mut done = Vec::with_capacity(found.len());
    for ((one, bytes), indexed) in found.into_iter().zip(indexed) {
        let error = match indexed {
            Ok(read) => {
                done.push((one, bytes, Ok(read)));
                continue;
            }
            Err(NotRead::Photo(error)) => {
                done.push((one, bytes, Err(error)));
                continue;
            }
            Err(NotRead::Fails(error)) => JobError::FailsElsewhere(error),
            Err(NotRead::Later(error)) => JobError::Elsewhere(error),
        };
        worker.leave(lease, &one.job, &error).await;
    }
    done
}
