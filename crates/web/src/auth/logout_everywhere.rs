//! `POST /api/logout/everywhere`: ends all log-ins of an account.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::cookie;
use crate::Web;
use crate::error::{Problem, commit};
use crate::extract::SignedIn;

/// Ends all log-ins of the account, on every device, this one included.
#[utoipa::path(post, path = "/api/logout/everywhere", tag = "accounts", responses((status = 204)))]
pub async fn log_out_everywhere(
    SignedIn(user): SignedIn,
    State(web): State<Web>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let mut tx = web.store.begin().await?;
    store::sign_in::delete_all(&mut tx, user.account(), None).await?;
    commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, cookie::clear(web.settings.https)))
}
