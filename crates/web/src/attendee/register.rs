//! `POST /api/events/{event}/register`: a person makes an account at an event.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{AccountId, Role, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Web;
use crate::accounts::attendee_form::{AttendeeForm, add};
use crate::auth::{adoption, session};
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::{Body, Guest, InLanguage, Visiting};
use crate::limits::Limited;

/// A person who wants an account at the event.
#[derive(Deserialize, ToSchema)]
pub struct Registration {
    /// 1 to 120 characters.
    name: String,
    /// May be left out if there is a user name; without it a forgotten password cannot be helped.
    email: Option<String>,
    /// 3 to 40 letters, digits, dots, hyphens or underscores.
    username: Option<String>,
    /// 10 to 200 characters, not among the common ones.
    password: String,
}

/// Makes an account at the event and logs its owner in. The same person may have one at each event.
///
/// An account lets its owner in, so whoever makes one for themselves has to be let in already.
#[utoipa::path(post, path = "/api/events/{event}/register", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")), request_body = Registration,
    responses((status = 201, body = session::Session)))]
pub async fn register(
    Visiting(Guest { event, .. }): Visiting,
    State(web): State<Web>,
    context: Context,
    InLanguage(language): InLanguage,
    headers: HeaderMap,
    Body(form): Body<Registration>,
) -> Result<Response, Problem> {
    let now = web.clock.now();
    let login = form.email.as_ref().or(form.username.as_ref()).map_or("", String::as_str);
    let key = web.pseudonyms.of_nobody(Some(event.slug.as_str()), login);
    web.limits().check(Limited::Registration, &context, Some(key), now).await?;
    let Registration { name, email, username, password } = form;
    if password.is_empty() {
        return Err(Problem::field("password"));
    }
    let form = AttendeeForm { name, email, username, password: Some(password), language: None };
    let form = form.check(&web, language).await?;
    let mut tx = web.store.begin().await?;
    let attendee = add(&mut tx, &web, &event, &form, None).await?;
    let user_id = UserId(attendee.user_id());
    let account = AccountId::Attendee(event.event_id, user_id);
    let (person, tokens) = session::begin(&mut tx, &web, account).await?;
    let user = session::user(&mut tx, &person).await?;
    let adopted = adoption::adopt(&mut tx, &web, &headers, account).await?;
    commit(tx).await?;
    context.asked_by(user_id, Role::Attendee);
    Ok(adopted.tell(&web, session::answer(&web, &headers, StatusCode::CREATED, user, tokens)))
}
