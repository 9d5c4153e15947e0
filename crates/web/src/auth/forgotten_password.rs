//! `POST /api/password/forgotten`: a link by which the owner of an account chooses a new password.

use axum::extract::State;
use axum::http::StatusCode;
use domain::Email;
use serde::Deserialize;
use store::outbox::Concerns;
use utoipa::ToSchema;

use super::{password_link, pseudonym};
use crate::Web;
use crate::accounts::found::{self, Found};
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::{Body, InLanguage};
use crate::limits::Limited;
use crate::mail::To;

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
    let found = found::find(&web, &form.login, form.event.as_deref()).await?;
    // Without an address there is nobody to write to.
    let found = found.filter(|found| found.email.is_some());
    let key = found::counted_as(&web, found.as_ref(), &form.login, form.event.as_deref());
    web.limits().check(Limited::PasswordLink, &context, Some(key), web.clock.now()).await?;
    let mut tx = web.store.begin().await?;
    store::password_link::commit_without_waiting(&mut tx).await?;
    let known = found.is_some();
    if let Some(Found { account, email: Some(email), event, .. }) = found
        && let Ok(email) = Email::parse(&email)
    {
        let to = To { email: &email, language, concerns: Concerns::Account(account) };
        password_link::reset(&mut tx, &web, &to, account, event.as_ref()).await?;
    } else {
        password_link::pretend(&mut tx, &web).await?;
    }
    commit(tx).await?;
    let account = pseudonym::short(key);
    tracing::info!(account, outcome = if known { "mailed" } else { "unknown" }, "forgotten password");
    Ok(StatusCode::ACCEPTED)
}
