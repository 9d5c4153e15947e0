//! `POST /api/logout`: ends the log-in.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};

use super::{cookie, token};
use crate::Web;
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::refuse_forged;

/// Ends the log-in that the request's tokens speak of, even if they have run out; without any, does nothing.
#[utoipa::path(post, path = "/api/logout", tag = "accounts", responses((status = 204)))]
pub async fn log_out(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap), Problem> {
    refuse_forged(&Method::POST, &headers)?;
    let claims = cookie::access(&headers).and_then(|token| web.tokens.read(token));
    let mut tx = web.store.begin().await?;
    let sign_in_id = match (claims, cookie::refresh(&headers)) {
        (Some(claims), _) => Some(claims.sign_in_id()),
        (None, Some(refresh)) => store::refresh_token::sign_in(&mut tx, token::hash(refresh)).await?,
        (None, None) => None,
    };
    if let Some(sign_in_id) = sign_in_id {
        if let Some(person) = store::sign_in::person(&mut tx, sign_in_id, web.clock.now()).await? {
            context.asked_by(person.account.user_id(), person.role);
        }
        store::sign_in::delete(&mut tx, sign_in_id).await?;
        commit(tx).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie::clear(web.settings.https)))
}
