//! `POST /api/login`: staff log in without an event, attendees at theirs.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{AccountId, Digest, Role};
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

use super::mfa::{self, SecondStep};
use super::password::Checked;
use super::{pseudonym, session};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, event_named};
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

/// The account that somebody wants to log in to, if there is one.
struct Found {
    account: AccountId,
    role: Role,
    password_hash: Option<String>,
    mfa_enabled: bool,
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
    let now = web.clock.now();
    let mut tx = web.store.begin().await?;
    let event = match &form.event {
        Some(name) => event_named(&mut tx, name).await?,
        None => None,
    };
    let event_id = event.map(|event| event.event_id);
    let key = web.pseudonyms.of_account(event_id, &form.login);
    commit(tx).await?;
    if let Err(limited) = web.limits().check(Limited::LogIn, &context, Some(key), now).await {
        log(key, "refused", "too many attempts");
        return Err(limited);
    }
    let mut tx = web.store.begin().await?;
    if let Some(until) = store::login_guard::locked_until(&mut tx, key, now).await? {
        log(key, "refused", "locked");
        return Err(Problem::too_many_attempts(until - now));
    }
    let found = find(&mut tx, &form, event_id).await?;
    commit(tx).await?;
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
    store::login_guard::succeeded(&mut tx, key).await?;
    if let Some(Ok(hash)) = new_hash {
        store::account::set_password(&mut tx, found.account, &hash).await?;
    }
    let (person, tokens) = session::begin(&mut tx, &web, found.account).await?;
    let user = session::user(&mut tx, &person).await?;
    commit(tx).await?;
    context.asked_by(found.account.user_id(), found.role);
    log(key, "accepted", "");
    Ok(session::answer(&web, &headers, StatusCode::OK, user, tokens))
}

/// The account that the form names. An event that does not exist has none.
async fn find(
    db: &mut store::Connection,
    form: &Credentials,
    event_id: Option<domain::EventId>,
) -> Result<Option<Found>, Problem> {
    if form.login.contains('\0') {
        return Ok(None);
    }
    match (event_id, &form.event) {
        (Some(event_id), _) => {
            let attendee = store::attendee::by_login(db, event_id, &form.login).await?;
            Ok(attendee.map(|attendee| Found {
                account: AccountId::Attendee(event_id, attendee.user_id),
                role: Role::Attendee,
                password_hash: attendee.password_hash,
                mfa_enabled: false,
            }))
        }
        (None, Some(_)) => Ok(None),
        (None, None) => Ok(store::staff::by_login(db, &form.login).await?.map(|staff| Found {
            account: AccountId::Staff(staff.user_id),
            role: staff.role,
            password_hash: Some(staff.password_hash),
            mfa_enabled: staff.mfa_enabled,
        })),
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
