//! `POST /api/events/{event}/photos/{photo_id}/retry`: a failed photo is read again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Entropy, JobId, PhotoId};
use serde::Deserialize;
use store::Store;
use uuid::Uuid;

use crate::error::{Code, Problem, commit};
use crate::extract::{InEvent, Staff};

/// The photo that the path names.
#[derive(Deserialize)]
pub struct PhotoInPath {
    photo_id: Uuid,
}

/// Reads a failed photo again.
#[utoipa::path(post, path = "/api/events/{event}/photos/{photo_id}/retry", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = crate::error::ProblemBody),
        (status = 404, body = crate::error::ProblemBody)))]
pub async fn retry_photo(
    _: Staff,
    InEvent(event): InEvent,
    State(store): State<Store>,
    State(entropy): State<Entropy>,
    path: Result<Path<PhotoInPath>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(path) = path.map_err(|_| Code::PhotoNotFound)?;
    let photo_id = PhotoId(path.photo_id);
    let mut tx = store.begin().await?;
    if !store::photo::reset_failed(&mut tx, event.event_id, photo_id).await? {
        return Err(Code::PhotoNotFound.into());
    }
    let job_id = JobId::from_entropy(&entropy);
    store::job::enqueue_ingest(&mut tx, event.event_id, job_id, photo_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
