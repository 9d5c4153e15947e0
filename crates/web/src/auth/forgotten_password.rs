//! `POST /api/password/forgotten`: a link by which the owner of an account chooses a new password.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccountId, Email};
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

use super::{password_link, pseudonym};
use crate::Web;
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::{Body, InLanguage, event_named};
use crate::limits::Limited;
use crate::mail::To;

/// How long the link works.
const LINK: Duration = Duration::minutes(30);

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
pub struct Forgotten {
    /// E-mail or user name.
    #[serde(alias = "email")]
    login: String,
    /// Slug or id of the event, for attendees.
    event: Option<String>,
}

/// Mails a link to the account's address, if there is such an account. The answer is the same if there is not.
#[utoipa::path(post, path = "/api/password/forgotten", tag = "accounts", request_body = Forgotten,
    responses((status = 202)))]
pub async fn forgotten_password(
    State(web): State<Web>,
    context: Context,
    InLanguage(language): InLanguage,
    Body(form): Body<Forgotten>,
) -> Result<StatusCode, Problem> {
    let mut tx = web.store.begin().await?;
    let event = match &form.event {
        Some(name) => event_named(&mut tx, name).await?,
        None => None,
    };
    let found = if form.login.contains('\0') {
        None
    } else if let Some(event) = &event {
        let attendee = store::attendee::by_login(&mut tx, event.event_id, &form.login).await?;
        attendee.and_then(|found| Some((AccountId::Attendee(event.event_id, found.user_id), found.email?)))
    } else if form.event.is_none() {
        let staff = store::staff::by_login(&mut tx, &form.login).await?;
        staff.map(|found| (AccountId::Staff(found.user_id), found.email))
    } else {
        None
    };
    commit(tx).await?;
    let key = match &found {
        Some((account, _)) => web.pseudonyms.of_person(account.user_id()),
        None => web.pseudonyms.of_nobody(form.event.as_deref(), &form.login),
    };
    web.limits().check(Limited::PasswordLink, &context, Some(key), web.clock.now()).await?;
    let mut tx = web.store.begin().await?;
    store::password_link::commit_without_waiting(&mut tx).await?;
    let known = found.is_some();
    if let Some((account, email)) = found
        && let Ok(email) = Email::parse(&email)
    {
        let to = To { email: &email, language, concerns: store::outbox::Concerns::Account(account) };
        password_link::reset(&mut tx, &web, &to, account, event.as_ref(), LINK).await?;
    } else {
        password_link::pretend(&mut tx, &web).await?;
    }
    commit(tx).await?;
    let account = pseudonym::short(key);
    tracing::info!(account, outcome = if known { "mailed" } else { "unknown" }, "forgotten password");
    Ok(StatusCode::ACCEPTED)
}
