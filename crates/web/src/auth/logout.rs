//! `POST /api/logout`: ends the session.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use domain::Digest;
use store::Store;

use super::cookie;
use crate::WebSettings;
use crate::error::{Problem, commit};
use crate::extract::refuse_forged;

/// Ends the session; without one, does nothing.
#[utoipa::path(post, path = "/api/logout", tag = "accounts", responses((status = 204)))]
pub async fn log_out(
    State(store): State<Store>,
    State(settings): State<WebSettings>,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap), Problem> {
    refuse_forged(&Method::POST, &headers)?;
    if let Some(token) = cookie::token(&headers) {
        let mut tx = store.begin().await?;
        store::session::delete(&mut tx, Digest::of(token.as_bytes())).await?;
        commit(tx).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie::clear(settings.https)))
}
