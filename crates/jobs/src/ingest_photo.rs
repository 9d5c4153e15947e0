//! Reads photos: original in, faces and renditions out.

use std::collections::HashMap;

use bytes::Bytes;
use domain::{EventId, FaceId, PhotoId, Rendition};
use recognizer::{PhotoError, Read, ReadFace};
use store::bulk::{NewFace, Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::event::Event;
use store::job::Job;
use store::photo::Photo;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use crate::back_off::ATTEMPTS_MAX;
use crate::to_read::{done, to_read};
use crate::took::{Took, timed};
use crate::{JobError, Worker};

/// Originals held in memory at once by one batch; a single larger one is read alone.
const ORIGINALS_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// How the engine writes a camera's time.
const CAMERA_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// A photo that a job asks for.
pub(crate) struct Asked {
    pub(crate) job: Job,
    pub(crate) photo: Photo,
}

/// Reads the photos of `jobs`, which are of one event, and writes what came of it under `lease`.
pub(crate) async fn read_and_store(worker: &Worker, lease: Uuid, jobs: &[Job]) -> Result<(), JobError> {
    let Some(event_id) = jobs.first().map(|job| job.event_id) else { return Ok(()) };
    let Some((event, asked)) = asked_for(worker, event_id, jobs).await? else { return Ok(()) };
    worker.recognizer.check_pack(&event.pack)?;
    let thresholds = worker.recognizer.thresholds(&event.pack)?;
    for part in parts(&asked) {
        let mut took = Took::default();
        let photos = read(worker, lease, &event, part, &mut took).await?;
        let pack = &event.pack;
        let batch = ReadBatch { event_id, pack, thresholds, lease_token: lease, photos: &photos };
        timed(&mut took.database, worker.store.finish_photos(&batch)).await?;
        took.log();
    }
    Ok(())
}

/// The event and the photos that `jobs` ask for. An event or photo that is gone took its jobs with it: there is nothing
/// to do.
pub(crate) async fn asked_for(
    worker: &Worker,
    event_id: EventId,
    jobs: &[Job],
) -> Result<Option<(Event, Vec<Asked>)>, JobError> {
    let mut tx = worker.store.begin_job().await?;
    let event = store::event::by_id(&mut tx, event_id).await?;
    let ids: Vec<PhotoId> = jobs.iter().map(|job| job.photo_id).collect();
    let photos = store::photo::by_ids(&mut tx, event_id, &ids).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let Some(event) = event else { return Ok(None) };
    let mut by_id: HashMap<PhotoId, Photo> =
        photos.into_iter().map(|photo| (photo.photo_id, photo)).collect();
    let asked = jobs.iter().filter_map(|job| Some(Asked { job: *job, photo: by_id.remove(&job.photo_id)? }));
    Ok(Some((event, asked.collect())))
}

/// Cuts `asked` so that the originals of a part fit into memory together.
pub(crate) fn parts(asked: &[Asked]) -> Vec<&[Asked]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, one) in asked.iter().enumerate() {
        if index > start && bytes + one.photo.size_bytes > ORIGINALS_BYTES_MAX {
            parts.push(&asked[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += one.photo.size_bytes;
    }
    parts.push(&asked[start..]);
    parts
}

async fn read(
    worker: &Worker,
    lease: Uuid,
    event: &Event,
    asked: &[Asked],
    took: &mut Took,
) -> Result<Vec<ReadPhoto>, JobError> {
    let event_id = event.event_id;
    let mut found: Vec<(&Asked, Bytes)> = Vec::with_capacity(asked.len());
    let mut read = Vec::with_capacity(asked.len());
    for one in asked {
        match timed(&mut took.originals, original(worker, event_id, one)).await? {
            Ok(bytes) => found.push((one, bytes)),
            Err(outcome) => read.push(read_photo(one, outcome)),
        }
    }
    let photos = to_read(worker, event_id, &event.pack, &mut found).await?;
    let indexed = timed(&mut took.engine, worker.recognizer.index(event_id, &event.pack, photos)).await?;
    took.count(&indexed);
    let done = done(worker, lease, found, indexed).await;
    let writes = done.into_iter().map(|(one, bytes, read)| store_one(worker, event_id, one, bytes, read));
    read.extend(timed(&mut took.renditions, futures::future::try_join_all(writes)).await?);
    Ok(read)
}

fn read_photo(one: &Asked, outcome: Outcome) -> ReadPhoto {
    ReadPhoto { job_id: one.job.job_id, photo_id: one.photo.photo_id, outcome }
}

/// The bytes of the original, or why there are none.
pub(crate) async fn original(
    worker: &Worker,
    event_id: EventId,
    one: &Asked,
) -> Result<Result<Bytes, Outcome>, JobError> {
    if one.job.attempts > ATTEMPTS_MAX {
        tracing::error!(photo_id = %one.photo.photo_id, "reading this photo ended the process again and again");
        let detail = "Reading this photo was interrupted too often.".to_owned();
        return Ok(Err(Outcome::Failed { code: "interrupted", detail, private_parts: None }));
    }
    let key = blobs::BlobKey::new(event_id, one.photo.sha256, Rendition::Original);
    Ok(worker.blobs.get(&key).await?.ok_or_else(|| {
        tracing::error!(photo_id = %one.photo.photo_id, %key, "the original is not in the photo store");
        Outcome::Failed {
            code: "original_missing",
            detail: "The photo store has lost the original.".to_owned(),
            private_parts: None,
        }
    }))
}

async fn store_one(
    worker: &Worker,
    event_id: EventId,
    one: &Asked,
    bytes: Bytes,
    read: Result<Read, PhotoError>,
) -> Result<ReadPhoto, JobError> {
    let Read { photo, faces } = match read {
        Ok(read) => read,
        Err(error) => {
            let private_parts = worker.recognizer.private_parts(bytes).await;
            let outcome = Outcome::Failed { code: error.code(), detail: error.to_string(), private_parts };
            return Ok(read_photo(one, outcome));
        }
    };
    for (rendition, bytes) in [(Rendition::Preview, photo.preview), (Rendition::Thumb, photo.thumb)] {
        let key = blobs::BlobKey::new(event_id, one.photo.sha256, rendition);
        worker.blobs.put(&key, bytes.into()).await?;
    }
    let ready = ReadyPhoto {
        width_px: i32::try_from(photo.width_px).unwrap_or(i32::MAX),
        height_px: i32::try_from(photo.height_px).unwrap_or(i32::MAX),
        taken_at: photo.taken_at.and_then(|text| PrimitiveDateTime::parse(&text, CAMERA_TIME).ok()),
        camera: photo.camera,
        private_parts: photo.private_parts,
        faces: with_ids(worker, faces),
    };
    Ok(read_photo(one, Outcome::Ready(ready)))
}

/// The faces, each with an id of its own: the one that it has where it is kept.
pub(crate) fn with_ids(worker: &Worker, faces: Vec<ReadFace>) -> Vec<NewFace> {
    let with_id = |ReadFace { face, embedding, face_id }| NewFace {
        face_id: face_id.unwrap_or_else(|| FaceId::from_entropy(&worker.entropy)),
        face,
        embedding,
    };
    faces.into_iter().map(with_id).collect()
}
