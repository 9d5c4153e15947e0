//! Finds the faces of photos with another model pack, while the old index answers: original in, faces out.

use bytes::Bytes;
use domain::EventId;
use store::job::Job;
use store::reindex::{NewFaces, NewIndex};
use uuid::Uuid;

use crate::ingest_photo::{Asked, asked_for, original, parts, with_ids};
use crate::to_read::{done, to_read};
use crate::{JobError, Worker};

/// Reads the photos of `jobs`, which are of one event, with the pack that it is to have, and writes their faces under
/// `lease`. A photo that cannot be read has none.
pub(crate) async fn read_and_store(worker: &Worker, lease: Uuid, jobs: &[Job]) -> Result<(), JobError> {
    let Some(event_id) = jobs.first().map(|job| job.event_id) else { return Ok(()) };
    let Some((event, asked)) = asked_for(worker, event_id, jobs).await? else { return Ok(()) };
    // When it was given up, its jobs went with it.
    let Some(pack) = event.reindex_pack else { return Ok(()) };
    worker.recognizer.check_pack(&pack)?;
    let thresholds = worker.recognizer.thresholds(&pack)?;
    for part in parts(&asked) {
        let photos = read(worker, lease, event_id, &pack, part).await?;
        let index = NewIndex { event_id, pack: &pack, thresholds, lease_token: lease, photos: &photos };
        worker.store.finish_reindexed(&index).await?;
    }
    Ok(())
}

async fn read(
    worker: &Worker,
    lease: Uuid,
    event_id: EventId,
    pack: &str,
    asked: &[Asked],
) -> Result<Vec<NewFaces>, JobError> {
    let mut found: Vec<(&Asked, Bytes)> = Vec::with_capacity(asked.len());
    let mut read = Vec::with_capacity(asked.len());
    for one in asked {
        match original(worker, event_id, one).await? {
            Ok(bytes) => found.push((one, bytes)),
            // Why there is no original stands in the log.
            Err(_) => read.push(new_faces(one, Vec::new())),
        }
    }
    let photos = to_read(worker, event_id, pack, &mut found).await?;
    let indexed = worker.recognizer.index(event_id, pack, photos).await?;
    for (one, _, indexed) in done(worker, lease, found, indexed).await {
        let faces = indexed.map_or_else(
            |error| {
                tracing::warn!(%error, photo_id = %one.photo.photo_id, pack, "a photo cannot be read anew");
                Vec::new()
            },
            |read| with_ids(worker, read.faces),
        );
        read.push(new_faces(one, faces));
    }
    Ok(read)
}

fn new_faces(one: &Asked, faces: Vec<store::bulk::NewFace>) -> NewFaces {
    NewFaces { job_id: one.job.job_id, photo_id: one.photo.photo_id, faces }
}
