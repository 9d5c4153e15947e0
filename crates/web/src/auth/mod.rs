//! The first admin, logging in and out.

pub(crate) mod cookie;
pub mod login;
pub mod logout;
pub mod me;
pub mod password;
pub mod setup;

use axum::http::HeaderMap;
use domain::{Clock, Digest, Entropy, Role, UserId};
use serde::Serialize;
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;

/// How long a log-in lasts.
const SESSION: Duration = Duration::days(14);

/// A person with an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    /// Their id.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// What they may do.
    #[schema(value_type = String, example = "admin")]
    pub role: Role,
}

/// Begins a session; returns the header that sets its cookie.
async fn begin_session(
    db: &mut store::Connection,
    user_id: UserId,
    clock: &Clock,
    entropy: &Entropy,
    https: bool,
) -> Result<HeaderMap, Problem> {
    let token = hex::encode(entropy.bytes::<32>());
    let now = clock.now();
    store::session::insert(db, Digest::of(token.as_bytes()), user_id, now, now + SESSION).await?;
    Ok(cookie::set(&token, SESSION, https))
}
