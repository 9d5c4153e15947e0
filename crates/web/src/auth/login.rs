//! `POST /api/login`: staff log in without an event, attendees at theirs.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Digest;
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

use super::mfa::{self, SecondStep};
use super::password::Checked;
use super::{adoption, pseudonym, session};
use crate::Web;
use crate::accounts::found;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::Body;
use crate::limits::Limited;

/// So many wrong passwords in a row cost nothing.
const FREE_FAILURES: i32 = 5;
/// The next one locks the account for so long, each further one twice as long.
const FIRST_LOCK: Duration = Duration::seconds(30);
/// The longest lock.
const LONGEST_LOCK: Duration = Duration::minutes(15);

/// What a person types to log in.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    /// E-mail or user name.
    #[serde(alias = "email")]
    login: String,
    password: String,
    /// Slug or id of the event, for attendees.
    event: Option<String>,
    /// The code of the second step, or a backup code, for those who have one.
    code: Option<String>,
}

/// Logs somebody in.
///
/// Pages, which send `X-FindMe: 1`, get cookies; programs get their tokens in the answer.
#[utoipa::path(post, path = "/api/login", tag = "accounts", request_body = Credentials,
    responses((status = 200, body = session::Session)))]
pub async fn log_in(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    Body(form): Body<Credentials>,
) -> Result<Response, Problem> {
    let found = found::find(&web, &form.login, form.event.as_deref()).await?;
    let key = found::counted_as(&web, found.as_ref(), &form.login, form.event.as_deref());
    may_try(&web, &context, key).await?;
    let hash = found.as_ref().and_then(|found| found.password_hash.clone());
    let checked =
        web.passwords.verify(form.password.clone(), hash).await.map_err(|e| e.problem("password"))?;
    let (Some(found), Checked::Right { outdated }) = (found, checked) else {
        return Err(refused(&web, key, "wrong name or password", Code::WrongCredentials).await?);
    };
    if found.mfa_enabled {
        match mfa::check(&web, found.account.user_id(), form.code.as_deref()).await? {
            SecondStep::Passed => {}
            SecondStep::Missing => {
                log(key, "asked", "second step needed");
                return Err(Code::MfaRequired.into());
            }
            SecondStep::Wrong => return Err(refused(&web, key, "wrong code", Code::MfaCodeWrong).await?),
        }
    }
    let new_hash =
        if outdated { Some(web.passwords.rehash(form.password, &web.entropy).await) } else { None };
    let mut tx = web.store.begin().await?;
    // Somebody may have set another one while this was computed.
    let hash = found.password_hash.unwrap_or_default();
    if !store::account::password_is_still(&mut tx, found.account, &hash).await? {
        return Err(Code::WrongCredentials.into());
    }
    store::login_guard::succeeded(&mut tx, key).await?;
    if let Some(Ok(hash)) = new_hash {
        store::account::set_password(&mut tx, found.account, &hash).await?;
    }
    let (person, tokens) = session::begin(&mut tx, &web, found.account).await?;
    let user = session::user(&mut tx, &person).await?;
    let adopted = adoption::adopt(&mut tx, &web, &headers, found.account).await?;
    commit(tx).await?;
    // Only what succeeded goes into the audit log: a line for a failure would take a moment that tells of the account.
    context.asked_by(found.account.user_id(), found.role);
    found.account.event_id().inspect(|event_id| context.at_event(*event_id));
    log(key, "accepted", "");
    Ok(adopted.tell(&web, session::answer(&web, &headers, StatusCode::OK, user, tokens)))
}

/// Whether this account may be tried now.
async fn may_try(web: &Web, context: &Context, key: Digest) -> Result<(), Problem> {
    let now = web.clock.now();
    if let Err(limited) = web.limits().check(Limited::LogIn, context, Some(key), now).await {
        log(key, "refused", "too many attempts");
        return Err(limited);
    }
    let mut tx = web.store.begin().await?;
    match store::login_guard::locked_until(&mut tx, key, now, LONGEST_LOCK).await? {
        Some(until) if web.settings.rate_limits => {
            log(key, "refused", "locked");
            Err(Problem::too_many_attempts(until - now))
        }
        _ => Ok(()),
    }
}

/// Counts a failure, for an account that exists as for one that does not.
async fn refused(web: &Web, key: Digest, reason: &'static str, code: Code) -> Result<Problem, Problem> {
    let mut tx = web.store.begin().await?;
    let now = web.clock.now();
    store::login_guard::failed(&mut tx, key, now, FREE_FAILURES, FIRST_LOCK, LONGEST_LOCK).await?;
    commit(tx).await?;
    log(key, "refused", reason);
    Ok(code.into())
}

fn log(key: Digest, outcome: &'static str, reason: &'static str) {
    let account = pseudonym::short(key);
    tracing::info!(account, outcome, reason, "log-in");
}
