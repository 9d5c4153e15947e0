//! `POST /api/login`: staff log in.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::{Clock, Digest, Email, Entropy};
use serde::Deserialize;
use store::Store;
use utoipa::ToSchema;

use super::password::{CHARS_MAX, Passwords};
use super::{User, begin_session};
use crate::WebSettings;
use crate::error::{Code, Problem, commit};

/// What a person types to log in.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    email: String,
    password: String,
}

/// Logs a member of staff in: the answer sets the session's cookie.
#[utoipa::path(post, path = "/api/login", tag = "accounts", request_body = Credentials,
    responses((status = 200, body = User), (status = 401, body = crate::error::ProblemBody)))]
pub async fn log_in(
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    State(passwords): State<Passwords>,
    State(settings): State<WebSettings>,
    Json(credentials): Json<Credentials>,
) -> Result<(HeaderMap, Json<User>), Problem> {
    let staff = match Email::parse(&credentials.email) {
        Ok(email) => store::staff::by_email(&mut *store.begin().await?, &email).await?,
        Err(_) => None,
    };
    let hash = staff.as_ref().map(|staff| staff.password_hash.clone());
    let sane = credentials.password.chars().count() <= CHARS_MAX;
    let right = sane && passwords.verify(credentials.password, hash).await;
    let account = hashed(&credentials.email);
    let Some(staff) = staff.filter(|_| right) else {
        tracing::info!(account, outcome = "refused", "log-in");
        return Err(Code::WrongCredentials.into());
    };
    let mut tx = store.begin().await?;
    let cookie = begin_session(&mut tx, staff.user_id, &clock, &entropy, settings.https).await?;
    commit(tx).await?;
    tracing::info!(account, outcome = "accepted", "log-in");
    let user = User { user_id: staff.user_id.0, name: staff.name, email: staff.email, role: staff.role };
    Ok((cookie, Json(user)))
}

/// The first digits of the address's SHA-256: enough to see that two lines speak of one account.
fn hashed(email: &str) -> String {
    let mut text = Digest::of(email.trim().to_lowercase().as_bytes()).to_string();
    text.truncate(12);
    text
}
