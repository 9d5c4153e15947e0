//! Reads photos: original in, faces and renditions out.

use std::collections::HashMap;

use bytes::Bytes;
use domain::{EventId, FaceId, PhotoId, Rendition};
use recognizer::Indexed;
use store::bulk::{NewFace, Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::job::Job;
use store::photo::Photo;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use crate::back_off::ATTEMPTS_MAX;
use crate::{JobError, Worker};

/// Originals held in memory at once by one batch; a single larger one is read alone.
const ORIGINALS_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// How the engine writes a camera's time.
const CAMERA_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// A photo that a job asks for.
struct Asked {
    job: Job,
    photo: Photo,
}

/// Reads the photos of `jobs`, which are of one event, and writes what came of it under `lease`.
pub(crate) async fn read_and_store(worker: &Worker, lease: Uuid, jobs: &[Job]) -> Result<(), JobError> {
    let Some(event_id) = jobs.first().map(|job| job.event_id) else { return Ok(()) };
    let mut tx = worker.store.begin_job().await?;
    let event = store::event::by_id(&mut tx, event_id).await?;
    let ids: Vec<PhotoId> = jobs.iter().map(|job| job.photo_id).collect();
    let photos = store::photo::by_ids(&mut tx, event_id, &ids).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    // An event or photo that is gone took its jobs with it: there is nothing to do.
    let Some(event) = event else { return Ok(()) };
    if event.pack != worker.recognizer.pack_name() {
        return Err(JobError::OtherPack {
            event: event.pack,
            ours: worker.recognizer.pack_name().to_owned(),
        });
    }
    let mut by_id: HashMap<PhotoId, Photo> =
        photos.into_iter().map(|photo| (photo.photo_id, photo)).collect();
    let asked: Vec<Asked> = jobs
        .iter()
        .filter_map(|job| Some(Asked { job: *job, photo: by_id.remove(&job.photo_id)? }))
        .collect();
    for part in parts(&asked) {
        let photos = read(worker, event_id, part).await?;
        let batch = ReadBatch { event_id, pack: &event.pack, lease_token: lease, photos: &photos };
        worker.store.finish_photos(&batch).await?;
    }
    Ok(())
}

/// Cuts `asked` so that the originals of a part fit into memory together.
fn parts(asked: &[Asked]) -> Vec<&[Asked]> {
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

async fn read(worker: &Worker, event_id: EventId, asked: &[Asked]) -> Result<Vec<ReadPhoto>, JobError> {
    let mut found: Vec<(&Asked, Bytes)> = Vec::with_capacity(asked.len());
    let mut read = Vec::with_capacity(asked.len());
    for one in asked {
        match original(worker, event_id, one).await? {
            Ok(bytes) => found.push((one, bytes)),
            Err(outcome) => read.push(read_photo(one, outcome)),
        }
    }
    let indexed = worker.recognizer.index(found.iter().map(|(_, bytes)| bytes.clone()).collect()).await;
    let mut writes = Vec::with_capacity(found.len());
    for ((one, _), indexed) in found.iter().zip(indexed) {
        writes.push(store_one(worker, event_id, one, indexed));
    }
    read.extend(futures::future::try_join_all(writes).await?);
    Ok(read)
}

fn read_photo(one: &Asked, outcome: Outcome) -> ReadPhoto {
    ReadPhoto { job_id: one.job.job_id, photo_id: one.photo.photo_id, outcome }
}

/// The bytes of the original, or why there are none.
async fn original(
    worker: &Worker,
    event_id: EventId,
    one: &Asked,
) -> Result<Result<Bytes, Outcome>, JobError> {
    if one.job.attempts > ATTEMPTS_MAX {
        tracing::error!(photo_id = %one.photo.photo_id, "reading this photo ended the process again and again");
        let detail = "Reading this photo was interrupted too often.".to_owned();
        return Ok(Err(Outcome::Failed { code: "interrupted", detail }));
    }
    let key = blobs::BlobKey::new(event_id, one.photo.sha256, Rendition::Original);
    Ok(worker.blobs.get(&key).await?.ok_or_else(|| {
        tracing::error!(photo_id = %one.photo.photo_id, %key, "the original is not in the photo store");
        Outcome::Failed {
            code: "original_missing",
            detail: "The photo store has lost the original.".to_owned(),
        }
    }))
}

async fn store_one(
    worker: &Worker,
    event_id: EventId,
    one: &Asked,
    indexed: Indexed,
) -> Result<ReadPhoto, JobError> {
    let photo = match indexed {
        Ok(photo) => photo,
        Err(error) => {
            let outcome = Outcome::Failed { code: error.code(), detail: error.to_string() };
            return Ok(read_photo(one, outcome));
        }
    };
    for (rendition, bytes) in [(Rendition::Preview, photo.preview), (Rendition::Thumb, photo.thumb)] {
        let key = blobs::BlobKey::new(event_id, one.photo.sha256, rendition);
        worker.blobs.put(&key, bytes.into()).await?;
    }
    let faces = photo.faces.into_iter().map(|indexed| NewFace {
        face_id: FaceId::from_entropy(&worker.entropy),
        face: indexed.face,
        embedding: indexed.embedding,
    });
    let ready = ReadyPhoto {
        width_px: i32::try_from(photo.width_px).unwrap_or(i32::MAX),
        height_px: i32::try_from(photo.height_px).unwrap_or(i32::MAX),
        taken_at: photo.taken_at.and_then(|text| PrimitiveDateTime::parse(&text, CAMERA_TIME).ok()),
        camera: photo.camera,
        faces: faces.collect(),
    };
    Ok(read_photo(one, Outcome::Ready(ready)))
}
