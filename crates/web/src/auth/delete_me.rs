//! `DELETE /api/me`: an attendee deletes their account.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::cookie;
use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::Attendee;

/// Deletes the attendee's account, and all that belongs to it. The e-mail can be registered again at once.
#[utoipa::path(delete, path = "/api/me", tag = "accounts", responses((status = 204)))]
pub async fn delete_me(
    attendee: Attendee,
    State(web): State<Web>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let mut tx = web.store.begin().await?;
    if !store::attendee::delete(&mut tx, attendee.event_id, attendee.user_id).await? {
        return Err(Code::NotLoggedIn.into());
    }
    commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, cookie::clear(web.settings.https)))
}
