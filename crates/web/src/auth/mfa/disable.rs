//! `POST /api/me/mfa/disable`: takes the second step away.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SecondStep, check};
use crate::Web;
use crate::auth::password::Checked;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, StaffAccount};
use crate::limits::Limited;

/// Both steps, once more.
#[derive(Deserialize, ToSchema)]
pub struct MfaEnd {
    password: String,
    /// A code, or a backup code.
    code: String,
}

/// Takes the second step away, unless an admin requires it of everybody.
#[utoipa::path(post, path = "/api/me/mfa/disable", tag = "accounts", request_body = MfaEnd,
    responses((status = 204)))]
pub async fn disable_mfa(
    StaffAccount(user): StaffAccount,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<MfaEnd>,
) -> Result<StatusCode, Problem> {
    let user_id = user.user_id();
    let key = web.pseudonyms.of_person(user_id);
    web.limits().check(Limited::LogIn, &context, Some(key), web.clock.now()).await?;
    let mut tx = web.store.begin().await?;
    if store::setting::get(&mut tx).await?.require_mfa {
        return Err(Code::MfaNeededHere.into());
    }
    let hash = store::account::password_hash(&mut tx, user.account()).await?;
    commit(tx).await?;
    let checked = web.passwords.verify(form.password, hash).await.map_err(|e| e.problem("password"))?;
    if checked == Checked::Wrong {
        return Err(Code::WrongCredentials.into());
    }
    if check(&web, user_id, Some(&form.code)).await? != SecondStep::Passed {
        return Err(Code::MfaCodeWrong.into());
    }
    let mut tx = web.store.begin().await?;
    store::staff_mfa::delete(&mut tx, user_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
