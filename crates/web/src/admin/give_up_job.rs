//! `DELETE /api/jobs/{job_id}`: a piece of background work is given up.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;
use store::job_admin::GivenUp;

use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, JobInPath};

/// Gives up a piece of background work. A photo that was to be read becomes failed with the code `given_up`, and can be
/// retried from its event's page. The work of one that is to be read with another model pack is refused: it is tried again,
/// or the re-index is cancelled.
#[utoipa::path(delete, path = "/api/jobs/{job_id}", tag = "system", params(("job_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn give_up_job(
    _: Admin,
    context: Context,
    JobInPath(job_id): JobInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    let event_id = store::job_admin::event_of(&mut tx, job_id).await?.ok_or(Code::JobNotFound)?;
    context.at_event(event_id);
    let change = store::event::next_change(&mut tx, event_id).await?.ok_or(Code::JobNotFound)?;
    match store::job_admin::give_up(&mut tx, event_id, job_id, change).await? {
        GivenUp::Done => {}
        GivenUp::Unknown => return Err(Code::JobNotFound.into()),
        GivenUp::Refused => return Err(Code::JobNotGivenUp.into()),
    }
    store::listen::tell(&mut tx, event_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
