//! `POST /api/refresh`: a refresh token for fresh ones.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use store::refresh_token::Used;
use utoipa::ToSchema;

use super::{cookie, session, token};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::limits::Limited;

/// What a program sends; a page sends its cookie and no body.
#[derive(Deserialize, ToSchema)]
pub struct RefreshForm {
    refresh_token: String,
}

/// Exchanges a refresh token for fresh tokens.
///
/// Each works once. One that comes a second time was stolen or lost its answer: then the whole log-in ends.
#[utoipa::path(post, path = "/api/refresh", tag = "accounts", request_body(content = Option<RefreshForm>),
    responses((status = 200, body = session::Session)))]
pub async fn refresh(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|_| Code::TooLarge)?;
    web.limits().check(Limited::LogIn, &context, None, web.clock.now()).await?;
    let form = if body.is_empty() { None } else { serde_json::from_slice::<Option<RefreshForm>>(&body).ok() };
    let token = match (form.flatten(), cookie::is_page(&headers)) {
        (Some(form), _) => form.refresh_token,
        (None, true) => cookie::refresh(&headers).ok_or(Code::NotLoggedIn)?.to_owned(),
        (None, false) => return Err(Code::NotLoggedIn.into()),
    };
    let now = web.clock.now();
    let mut tx = web.store.begin().await?;
    let sign_in_id = match store::refresh_token::consume(&mut tx, token::hash(&token), now).await? {
        Used::Fresh(sign_in_id) => sign_in_id,
        Used::Again(sign_in_id) => {
            store::sign_in::delete(&mut tx, sign_in_id).await?;
            commit(tx).await?;
            tracing::warn!("a refresh token came a second time: its log-in was ended");
            return Err(Code::NotLoggedIn.into());
        }
        Used::Unknown => return Err(Code::NotLoggedIn.into()),
    };
    let (person, tokens) = session::go_on(&mut tx, &web, sign_in_id).await?;
    store::sign_in::prolong(&mut tx, sign_in_id, now + session::LASTS).await?;
    let user = session::user(&mut tx, &person).await?;
    commit(tx).await?;
    Ok(session::answer(&web, &headers, StatusCode::OK, user, tokens))
}
