//! A log-in's tokens: made, exchanged, and put into an answer.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::{AccountId, Role, SignInId};
use serde::Serialize;
use store::sign_in::Person;
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cookie;
use super::token::{self, Purpose};
use crate::Web;
use crate::error::{Code, Problem};

/// How long a log-in lasts after it was last used.
pub(super) const LASTS: Duration = Duration::days(14);

/// A person with an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    /// Their id.
    pub user_id: Uuid,
    /// What they may do.
    #[schema(value_type = String, example = "admin")]
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The name they may log in with.
    pub username: Option<String>,
    /// The event that an attendee's account belongs to.
    pub event: Option<UserEvent>,
    /// Whether their log-in has a second step.
    pub mfa_enabled: bool,
    /// Whether they must set up a second step before anything else.
    pub mfa_enrolment_needed: bool,
}

/// The event of an attendee.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserEvent {
    event_id: Uuid,
    slug: String,
    name: String,
}

/// Somebody is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    user: User,
    /// For the header `Authorization: Bearer …`; null for pages, which get it as a cookie.
    access_token: Option<String>,
    /// For `POST /api/refresh`, once; null for pages.
    refresh_token: Option<String>,
    /// How long the access token is good for.
    expires_in_s: i64,
}

/// A log-in's present tokens.
pub(crate) struct Tokens {
    access: String,
    refresh: String,
}

/// A person, as they are told about themselves.
pub(crate) async fn user(db: &mut store::Connection, person: &Person) -> Result<User, Problem> {
    let event = match person.account.event_id() {
        Some(event_id) => {
            let event = store::event::by_id(db, event_id).await?.ok_or(Code::NotLoggedIn)?;
            Some(UserEvent { event_id: event_id.0, slug: event.slug.into(), name: event.name })
        }
        None => None,
    };
    Ok(User {
        user_id: person.account.user_id().0,
        role: person.role,
        name: person.name.clone(),
        email: person.email.clone(),
        username: person.username.clone(),
        event,
        mfa_enabled: person.mfa_enabled,
        mfa_enrolment_needed: person.mfa_enrolment_needed,
    })
}

/// Logs somebody in.
pub(crate) async fn begin(
    db: &mut store::Connection,
    web: &Web,
    account: AccountId,
) -> Result<(Person, Tokens), Problem> {
    let sign_in_id = SignInId::from_entropy(&web.entropy);
    let now = web.clock.now();
    store::sign_in::insert(db, sign_in_id, account, now, now + LASTS).await?;
    go_on(db, web, sign_in_id).await
}

/// Fresh tokens for a log-in.
pub(crate) async fn go_on(
    db: &mut store::Connection,
    web: &Web,
    sign_in_id: SignInId,
) -> Result<(Person, Tokens), Problem> {
    let now = web.clock.now();
    let person = store::sign_in::person(db, sign_in_id, now).await?.ok_or(Code::NotLoggedIn)?;
    let (refresh, hash) = token::new(Purpose::Refresh, &web.entropy);
    store::refresh_token::insert(db, hash, sign_in_id, now).await?;
    let access = web.tokens.issue(&person, sign_in_id, now);
    Ok((person, Tokens { access, refresh }))
}

/// The answer that gives a page its cookies, or a program its tokens.
pub(crate) fn answer(
    web: &Web,
    asked: &HeaderMap,
    status: StatusCode,
    user: User,
    tokens: Tokens,
) -> Response {
    let expires_in_s = web.tokens.lasts().whole_seconds();
    if cookie::is_page(asked) {
        let cookies = cookie::set(&tokens.access, &tokens.refresh, LASTS, web.settings.https);
        let body = Session { user, access_token: None, refresh_token: None, expires_in_s };
        return (status, cookies, Json(body)).into_response();
    }
    let (access_token, refresh_token) = (Some(tokens.access), Some(tokens.refresh));
    (status, Json(Session { user, access_token, refresh_token, expires_in_s })).into_response()
}
