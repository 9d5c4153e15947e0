//! `POST /api/events/{event}/photos/{photo_id}/retry`: a failed photo is read again.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{Entropy, JobId};
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{EventStaff, PhotoInPath};

/// Reads a failed photo again.
#[utoipa::path(post, path = "/api/events/{event}/photos/{photo_id}/retry", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn retry_photo(
    EventStaff { event, .. }: EventStaff,
    PhotoInPath(photo_id): PhotoInPath,
    State(store): State<Store>,
    State(entropy): State<Entropy>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    let change = store::event::next_change(&mut tx, event.event_id).await?.ok_or(Code::EventNotFound)?;
    if !store::photo::reset_failed(&mut tx, event.event_id, photo_id, change).await? {
        return Err(Code::PhotoNotFound.into());
    }
    let job_id = JobId::from_entropy(&entropy);
    store::job::enqueue_ingest(&mut tx, event.event_id, job_id, photo_id).await?;
    store::listen::tell(&mut tx, event.event_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
