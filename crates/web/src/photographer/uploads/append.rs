//! `PATCH /api/events/{event}/uploads/{upload_id}`: a piece of an upload arrives.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use domain::{Clock, Digest};
use intake::{AppendError, LASTS, Receiver};
use store::Store;
use store::upload::Upload;

use super::headers::{checksum, http_date, number};
use super::version::TusVersion;
use super::{accepted, append_problem, found, receive_problem};
use crate::WebSettings;
use crate::error::{Code, Problem};
use crate::extract::{EventStaff, UploadInPath};

/// What a piece is sent as.
const PIECE: &str = "application/offset+octet-stream";

/// Adds a piece to an upload (tus: core, checksum).
///
/// `Upload-Offset` says where in the file it begins: where the upload stands. Whatever came before the line broke is
/// kept; with `Upload-Checksum` all of the piece is kept or nothing. The answer to the last piece says what became of the
/// file: `FindMe-Outcome` is `accepted` or `duplicate`, and both are durable. A file that is no photo is refused as soon
/// as its first bytes tell.
#[utoipa::path(patch, path = "/api/events/{event}/uploads/{upload_id}", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("upload_id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, example = "1.0.0"), ("Upload-Offset" = u64, Header),
        ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, headers(("Upload-Offset" = u64), ("Upload-Expires" = String),
        ("FindMe-Outcome" = String), ("FindMe-Photo" = String)))))]
pub async fn append_to_upload(
    asked: EventStaff,
    UploadInPath(upload_id): UploadInPath,
    _: TusVersion,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(receiver): State<Receiver>,
    State(settings): State<WebSettings>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != PIECE) {
        return Err(Code::UnsupportedMediaType.into());
    }
    let _place = settings.uploads.try_acquire().map_err(|_| Problem::busy(5))?;
    let mut upload = found(&store, &clock, &asked, upload_id).await?;
    if i64::try_from(number(&headers, "Upload-Offset")?) != Ok(upload.received_bytes) {
        return Err(Code::UploadElsewhere.into());
    }
    let mut sha256 = None;
    if upload.outcome.is_none() && upload.received_bytes < upload.size_bytes {
        let checksum = checksum(&headers)?;
        match receiver.append(&upload, checksum, body.into_data_stream()).await {
            Ok((received, whole)) => (upload.received_bytes, sha256) = (received, whole),
            Err(AppendError::NoPhoto(error)) => {
                receiver.reject_upload(&upload, error.code()).await.map_err(receive_problem)?;
                return Err(super::rejected(error.code()));
            }
            Err(error) => return Err(append_problem(error)),
        }
    }
    let mut answer = HeaderMap::new();
    if upload.outcome.is_some() || upload.received_bytes == upload.size_bytes {
        end(&receiver, &upload, sha256, &mut answer).await?;
    }
    answer.insert("upload-offset", HeaderValue::from(upload.received_bytes));
    let expires = http_date(clock.now() + LASTS);
    answer.insert("upload-expires", HeaderValue::from_str(&expires).expect("a date is plain text"));
    Ok((StatusCode::NO_CONTENT, answer))
}

/// Makes a photo of what has arrived whole, and says what became of it.
async fn end(
    receiver: &Receiver,
    upload: &Upload,
    sha256: Option<Digest>,
    answer: &mut HeaderMap,
) -> Result<(), Problem> {
    let receipt = receiver.finish(upload, sha256).await.map_err(receive_problem)?;
    let (outcome, photo_id) = accepted(receipt)?;
    answer.insert(HeaderName::from_static("findme-outcome"), HeaderValue::from_static(outcome));
    let photo_id = HeaderValue::from_str(&photo_id.to_string()).expect("an id is plain text");
    answer.insert(HeaderName::from_static("findme-photo"), photo_id);
    Ok(())
}
