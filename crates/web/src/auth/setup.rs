//! `/api/setup`: the first admin, by a one-time link.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{AccountId, Clock, Entropy, Role, UserId};
use serde::{Deserialize, Serialize};
use store::Store;
use store::staff::NewStaff;
use time::Duration;
use utoipa::ToSchema;

use super::session;
use super::token::{self, Purpose};
use crate::Web;
use crate::accounts::fields;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::Body;
use crate::limits::Limited;

/// How long a set-up link works.
const LINK: Duration = Duration::hours(24);

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
    /// 10 to 200 characters, not among the common ones.
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
    let (token, hash) = token::new(Purpose::SetUp, entropy);
    store::setup_token::insert(&mut tx, hash, clock.now() + LINK).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Whether FindMe waits for its first admin.
#[utoipa::path(get, path = "/api/setup", tag = "set-up", responses((status = 200, body = SetupState)))]
pub async fn setup_needed(State(store): State<Store>) -> Result<Json<SetupState>, Problem> {
    let mut tx = store.begin().await?;
    let needed = !store::staff::has_admin(&mut tx).await?;
    Ok(Json(SetupState { needed }))
}

/// Creates the first admin and logs them in.
#[utoipa::path(post, path = "/api/setup", tag = "set-up", request_body = NewAdmin,
    responses((status = 201, body = session::Session)))]
pub async fn set_up(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    Body(form): Body<NewAdmin>,
) -> Result<Response, Problem> {
    let now = web.clock.now();
    web.limits().check(Limited::PasswordLink, &context, None, now).await?;
    let (name, email) = (fields::name(&form.name)?, fields::email(&form.email)?);
    let about = [name.as_str(), email.as_str()];
    let hash = web.passwords.hash(form.password, &about, &web.entropy).await;
    let hash = hash.map_err(|error| error.problem("password"))?;
    let mut tx = web.store.begin().await?;
    if store::staff::admin_exists(&mut tx).await? {
        return Err(Code::SetupDone.into());
    }
    if !store::setup_token::consume(&mut tx, token::hash(&form.token), now).await? {
        return Err(Code::SetupTokenInvalid.into());
    }
    let user_id = UserId::from_entropy(&web.entropy);
    let admin = NewStaff {
        user_id,
        role: Role::Admin,
        name: &name,
        email: &email,
        username: None,
        password_hash: &hash,
        created_at: now,
    };
    store::staff::insert(&mut tx, &admin).await?;
    let (person, tokens) = session::begin(&mut tx, &web, AccountId::Staff(user_id)).await?;
    let user = session::user(&mut tx, &person).await?;
    commit(tx).await?;
    context.asked_by(user_id, Role::Admin);
    tracing::info!(%user_id, "the first admin was created");
    Ok(session::answer(&web, &headers, StatusCode::CREATED, user, tokens))
}
