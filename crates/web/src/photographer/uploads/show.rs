//! `HEAD /api/events/{event}/uploads/{upload_id}`: how far an upload is.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use domain::Clock;
use intake::Receiver;
use store::Store;

use super::headers::http_date;
use super::version::TusVersion;
use super::{accepted, found, receive_problem};
use crate::error::Problem;
use crate::extract::{EventStaff, UploadInPath};

/// Says how far an upload is (tus: core).
///
/// A file that has arrived whole is a photo when this answers 200; the answer then says what became of it, as that of the
/// last PATCH does.
#[utoipa::path(head, path = "/api/events/{event}/uploads/{upload_id}", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("upload_id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses((status = 200, headers(("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String),
        ("Upload-Metadata" = String), ("FindMe-Outcome" = String), ("FindMe-Photo" = String)))))]
pub async fn show_upload(
    asked: EventStaff,
    UploadInPath(upload_id): UploadInPath,
    _: TusVersion,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(receiver): State<Receiver>,
) -> Result<impl IntoResponse, Problem> {
    let upload = found(&store, &clock, &asked, upload_id).await?;
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if upload.received_bytes == upload.size_bytes || upload.outcome.is_some() {
        let receipt = receiver.finish(&upload, None).await.map_err(receive_problem)?;
        let (outcome, photo_id) = accepted(receipt)?;
        set("findme-outcome", outcome);
        set("findme-photo", &photo_id.to_string());
    }
    set("upload-offset", &upload.received_bytes.to_string());
    set("upload-length", &upload.size_bytes.to_string());
    set("upload-expires", &http_date(upload.expires_at));
    set("upload-metadata", &upload.metadata);
    set(header::CACHE_CONTROL.as_str(), "no-store");
    Ok((StatusCode::OK, headers))
}
