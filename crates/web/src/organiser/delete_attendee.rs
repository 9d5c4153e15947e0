//! `DELETE /api/events/{event}/attendees/{user_id}`: an attendee's account ends.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{EventManager, UserInPath};

/// Deletes an attendee's account and all that belongs to it. The e-mail can be registered again at once.
#[utoipa::path(delete, path = "/api/events/{event}/attendees/{user_id}", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ("user_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn delete_attendee(
    EventManager { event, .. }: EventManager,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !store::attendee::delete(&mut tx, event.event_id, user_id).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
