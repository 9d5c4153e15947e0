//! `DELETE /api/events/{event}/uploads/{upload_id}`: an upload is given up.

use axum::extract::State;
use axum::http::StatusCode;
use domain::Clock;
use intake::Receiver;
use store::Store;

use super::found;
use super::version::TusVersion;
use crate::error::Problem;
use crate::extract::{EventStaff, UploadInPath};

/// Gives an upload up (tus: termination). A photo that it has become stays.
#[utoipa::path(delete, path = "/api/events/{event}/uploads/{upload_id}", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("upload_id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses((status = 204)))]
pub async fn end_upload(
    asked: EventStaff,
    UploadInPath(upload_id): UploadInPath,
    _: TusVersion,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(receiver): State<Receiver>,
) -> Result<StatusCode, Problem> {
    let upload = found(&store, &clock, &asked, upload_id).await?;
    receiver.end_upload(upload.event_id, upload.upload_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
