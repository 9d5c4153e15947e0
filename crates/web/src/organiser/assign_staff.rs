//! `PUT /api/events/{event}/staff/{user_id}`: somebody works at the event from now on.

use axum::extract::State;
use axum::http::StatusCode;

use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::{EventManager, UserInPath};

/// Assigns a member of staff to the event. Assigning twice is no error.
#[utoipa::path(put, path = "/api/events/{event}/staff/{user_id}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("user_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn assign_staff(
    EventManager { event, .. }: EventManager,
    UserInPath(user_id): UserInPath,
    State(web): State<Web>,
) -> Result<StatusCode, Problem> {
    let mut tx = web.store.begin().await?;
    if !store::event_staff::assign(&mut tx, event.event_id, user_id, web.clock.now()).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
