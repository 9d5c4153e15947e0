//! `POST /api/jobs/{job_id}/retry`: a piece of background work is tried again now.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, JobInPath};

/// Tries a piece of background work again now, as if it had never been tried. One that a worker has is being tried
/// already and stays as it is.
#[utoipa::path(post, path = "/api/jobs/{job_id}/retry", tag = "system", params(("job_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn retry_job(
    _: Admin,
    context: Context,
    JobInPath(job_id): JobInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    let event_id = store::job_admin::event_of(&mut tx, job_id).await?.ok_or(Code::JobNotFound)?;
    context.at_event(event_id);
    let change = store::event::next_change(&mut tx, event_id).await?.ok_or(Code::JobNotFound)?;
    if !store::job_admin::retry(&mut tx, event_id, job_id, change).await? {
        return Err(Code::JobNotFound.into());
    }
    store::listen::tell(&mut tx, event_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
