//! `POST /api/events/{event}/uploads`: an upload begins.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::{Clock, Entropy, UploadId};
use intake::{LASTS, SIZE_BYTES_MAX};
use store::Store;
use store::quota::Room;
use store::upload::Upload;

use super::headers::{http_date, metadata, number};
use super::version::TusVersion;
use crate::error::{Code, Problem, commit};
use crate::extract::EventStaff;

/// How soon it makes sense to begin another upload when too many are unfinished.
const TOO_MANY_RETRY_AFTER_S: u32 = 60;

/// Begins an upload (tus: creation).
///
/// `Upload-Length` says how long the file is; `Upload-Metadata` has its `filename` and, if it belongs to one, the id of
/// its `batch`. The answer's `Location` is where the bytes go.
#[utoipa::path(post, path = "/api/events/{event}/uploads", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("Tus-Resumable" = String, Header, example = "1.0.0"),
        ("Upload-Length" = u64, Header), ("Upload-Metadata" = Option<String>, Header)),
    responses((status = 201, headers(("Location" = String), ("Upload-Expires" = String)))))]
pub async fn create_upload(
    EventStaff { user, event }: EventStaff,
    _: TusVersion,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let size_bytes = number(&headers, "Upload-Length")?;
    if size_bytes > SIZE_BYTES_MAX {
        return Err(Code::TooLarge.into());
    }
    if size_bytes == 0 {
        return Err(Code::EmptyFile.into());
    }
    let metadata = metadata(&headers)?;
    let upload = Upload {
        event_id: event.event_id,
        upload_id: UploadId::from_entropy(&entropy),
        batch_id: metadata.batch_id,
        created_by: Some(user.user_id()),
        file_name: intake::file_name_of(&metadata.file_name),
        metadata: metadata.text,
        size_bytes: i64::try_from(size_bytes).unwrap_or(i64::MAX),
        received_bytes: 0,
        outcome: None,
        expires_at: clock.now() + LASTS,
    };
    let mut tx = store.begin().await?;
    has_room(store::quota::room(&mut tx, event.event_id, upload.created_by, upload.size_bytes).await?)?;
    if let Some(batch_id) = upload.batch_id {
        let batch = store::batch::by_id(&mut tx, event.event_id, batch_id).await?;
        batch.ok_or_else(|| Problem::field("batch"))?;
    }
    store::upload::insert(&mut tx, &upload).await?;
    commit(tx).await?;
    let location = format!("/api/events/{}/uploads/{}", upload.event_id, upload.upload_id);
    let expires = http_date(upload.expires_at);
    Ok((StatusCode::CREATED, [(header::LOCATION.as_str(), location), ("upload-expires", expires)]))
}

/// An answer of its own where there is no room.
fn has_room(room: Room) -> Result<(), Problem> {
    match room {
        Room::Enough => Ok(()),
        Room::EventFull | Room::PersonFull => Err(Code::QuotaReached.into()),
        Room::TooManyOpen => Err(Problem::later(Code::TooManyUploads, TOO_MANY_RETRY_AFTER_S)),
    }
}
