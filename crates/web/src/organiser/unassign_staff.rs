//! `DELETE /api/events/{event}/staff/{user_id}`: somebody no longer works at the event.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{EventManager, UserInPath};

/// Ends the work of a member of staff at the event. What they uploaded stays.
#[utoipa::path(delete, path = "/api/events/{event}/staff/{user_id}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("user_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn unassign_staff(
    EventManager { event, .. }: EventManager,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !store::event_staff::unassign(&mut tx, event.event_id, user_id).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
