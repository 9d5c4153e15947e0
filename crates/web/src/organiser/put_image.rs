//! `PUT /api/events/{event}/images/{kind}`: the event gets a logo or a cover.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::{Json, RequestExt as _};
use blobs::{Blobs, ImageKey};
use domain::{Digest, EventId};
use recognizer::{Graphic, PaintError, PhotoError};
use store::Store;
use store::event_image::{self, Kind};

use super::Image;
use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::{EventStaff, ImageKindInPath};

/// Largest file.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long it may take to arrive: it holds a place meanwhile.
const ARRIVES_WITHIN: Duration = Duration::from_mins(1);

/// Gives the event a logo or a cover (`kind`): send a JPEG, PNG or WebP file of at most 8 MiB. It is turned as EXIF says,
/// made small enough and written anew: a logo as PNG of at most 800 pixels, a cover as JPEG of at most 1280.
#[utoipa::path(put, path = "/api/events/{event}/images/{kind}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("kind" = String, Path, description = "`logo` or `cover`")),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 200, body = Image)))]
pub async fn put_image(
    EventStaff { event, .. }: EventStaff,
    ImageKindInPath(kind): ImageKindInPath,
    State(web): State<Web>,
    request: Request,
) -> Result<Json<Image>, Problem> {
    let made = {
        let _place = web.settings.uploads.try_acquire().map_err(|_| Problem::busy(5))?;
        let arrived = tokio::time::timeout(ARRIVES_WITHIN, read(request)).await;
        let file = arrived.map_err(|_| Code::UploadInterrupted)??;
        let painter = &web.marked.painter;
        let made = match kind {
            Kind::Logo => painter.logo(file).await,
            Kind::Cover => painter.cover(file).await,
        };
        made.map_err(problem)?
    };
    let image = keep(&web, event.event_id, kind, made).await?;
    Ok(Json(Image::from(&image)))
}

async fn read(mut request: Request) -> Result<Bytes, Problem> {
    DefaultBodyLimit::apply(DefaultBodyLimit::max(BODY_BYTES_MAX), &mut request);
    request.extract().await.map_err(|rejection: BytesRejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(if too_large { Code::TooLarge } else { Code::BadRequest })
    })
}

/// What is wrong with a file that somebody sent.
fn problem(error: PaintError) -> Problem {
    match error {
        PaintError::Busy(busy) => Problem::busy(busy.retry_after_s),
        PaintError::Picture(error @ PhotoError::Internal { .. }) => Problem::internal(&error),
        PaintError::Picture(PhotoError::TooManyPixels { .. }) => Code::TooManyPixels.into(),
        PaintError::Picture(
            PhotoError::Empty
            | PhotoError::NotAPhoto
            | PhotoError::UnsupportedFormat { .. }
            | PhotoError::CodecMissing { .. }
            | PhotoError::RawWithoutPreview
            | PhotoError::Truncated
            | PhotoError::Damaged { .. },
        ) => Code::ImageUnreadable.into(),
    }
}

/// Stores the image and makes it the event's. The bytes come first, while nothing is locked; whoever took them for left
/// over meanwhile did so before the row was written, so that they only need to be put again.
async fn keep(
    web: &Web,
    event_id: EventId,
    kind: Kind,
    made: Graphic,
) -> Result<event_image::Image, Problem> {
    let image = event_image::Image {
        event_id,
        kind,
        sha256: Digest::of(&made.bytes),
        media_type: made.media_type.to_owned(),
        width_px: i32::try_from(made.width_px).unwrap_or(i32::MAX),
        height_px: i32::try_from(made.height_px).unwrap_or(i32::MAX),
    };
    let (key, bytes) = (ImageKey::new(event_id, image.sha256), Bytes::from(made.bytes));
    web.blobs.put_image(&key, bytes.clone()).await?;
    let before = match name(&web.store, &image).await {
        Ok(before) => before,
        Err(problem) => {
            drop_unnamed(&web.store, &web.blobs, event_id, image.sha256).await;
            return Err(problem);
        }
    };
    if web.blobs.image(&key).await?.is_none() {
        web.blobs.put_image(&key, bytes).await?;
    }
    for old in before.iter().filter(|old| old.kind == kind && old.sha256 != image.sha256) {
        drop_unnamed(&web.store, &web.blobs, event_id, old.sha256).await;
    }
    Ok(image)
}

/// Writes the image's row; the images that the event had before.
async fn name(store: &Store, image: &event_image::Image) -> Result<Vec<event_image::Image>, Problem> {
    let event_id = image.event_id;
    let mut tx = store.begin().await?;
    event_image::hold_bytes(&mut tx, event_id).await?;
    store::event::lock(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let before = event_image::of(&mut tx, &[event_id]).await?;
    event_image::put(&mut tx, image).await?;
    commit(tx).await?;
    Ok(before)
}

/// Deletes the blob of an image that the event no longer has. What fails here, `doctor --deep` finds later.
pub(super) async fn drop_unnamed(store: &Store, blobs: &Blobs, event_id: EventId, sha256: Digest) {
    let dropped = async {
        let mut tx = store.begin().await?;
        event_image::hold_bytes(&mut tx, event_id).await?;
        if event_image::by_sha256(&mut tx, event_id, sha256).await?.is_none() {
            blobs.delete_image(&ImageKey::new(event_id, sha256)).await?;
        }
        Ok::<_, Problem>(())
    };
    if let Err(problem) = dropped.await {
        tracing::warn!(code = problem.code().as_str(), %event_id, "an old image could not be deleted");
    }
}
