//! `/api/setup`: the first admin, by a one-time link.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{Clock, Digest, Email, Entropy, Role, UserId};
use serde::{Deserialize, Serialize};
use store::Store;
use store::staff::NewStaff;
use time::Duration;
use utoipa::ToSchema;

use super::password::Passwords;
use super::{User, begin_session};
use crate::WebSettings;
use crate::error::{Code, Problem, commit};

/// How long a set-up link works.
const LINK: Duration = Duration::hours(24);
/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 120;

/// Whether FindMe waits for its first admin.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupState {
    needed: bool,
}

/// The first admin.
#[derive(Deserialize, ToSchema)]
pub struct NewAdmin {
    /// From the link.
    token: String,
    name: String,
    email: String,
    /// 10 to 200 characters.
    password: String,
}

/// Makes a one-time token when there is no admin yet, valid for a day.
///
/// # Errors
/// When the database fails.
pub async fn new_setup_token(
    store: &Store,
    clock: &Clock,
    entropy: &Entropy,
) -> store::Result<Option<String>> {
    let mut tx = store.begin().await?;
    if store::staff::admin_exists(&mut tx).await? {
        return Ok(None);
    }
    let token = hex::encode(entropy.bytes::<16>());
    store::setup_token::insert(&mut tx, Digest::of(token.as_bytes()), clock.now() + LINK).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Whether FindMe waits for its first admin.
#[utoipa::path(get, path = "/api/setup", tag = "set-up", responses((status = 200, body = SetupState)))]
pub async fn setup_needed(State(store): State<Store>) -> Result<Json<SetupState>, Problem> {
    let mut tx = store.begin().await?;
    let needed = !store::staff::admin_exists(&mut tx).await?;
    Ok(Json(SetupState { needed }))
}

/// Creates the first admin and logs them in.
#[utoipa::path(post, path = "/api/setup", tag = "set-up", request_body = NewAdmin,
    responses((status = 201, body = User), (status = 403, body = crate::error::ProblemBody),
        (status = 409, body = crate::error::ProblemBody), (status = 422, body = crate::error::ProblemBody)))]
pub async fn set_up(
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    State(passwords): State<Passwords>,
    State(settings): State<WebSettings>,
    Json(new): Json<NewAdmin>,
) -> Result<(StatusCode, HeaderMap, Json<User>), Problem> {
    let name = person_name(&new.name)?;
    let email = Email::parse(&new.email).map_err(|_| Problem::field("email"))?;
    let password_hash =
        passwords.hash(new.password, &entropy).await.map_err(|_| Problem::field("password"))?;
    let mut tx = store.begin().await?;
    if store::staff::admin_exists(&mut tx).await? {
        return Err(Code::SetupDone.into());
    }
    let now = clock.now();
    if !store::setup_token::consume(&mut tx, Digest::of(new.token.as_bytes()), now).await? {
        return Err(Code::SetupTokenInvalid.into());
    }
    let user_id = UserId::from_entropy(&entropy);
    let admin = NewStaff {
        user_id,
        role: Role::Admin,
        name,
        email: &email,
        password_hash: &password_hash,
        created_at: now,
    };
    store::staff::insert(&mut tx, &admin).await?;
    let cookie = begin_session(&mut tx, user_id, &clock, &entropy, settings.https).await?;
    commit(tx).await?;
    tracing::info!(%user_id, "the first admin was created");
    let user = User {
        user_id: user_id.0,
        name: name.to_owned(),
        email: email.as_str().to_owned(),
        role: Role::Admin,
    };
    Ok((StatusCode::CREATED, cookie, Json(user)))
}

fn person_name(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    let good =
        !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    if good { Ok(text) } else { Err(Problem::field("name")) }
}
