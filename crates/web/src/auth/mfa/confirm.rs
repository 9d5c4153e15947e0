//! `POST /api/me/mfa/confirm`: the device works; from now on the second step is asked for.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{accept, backup_codes, backup_hash};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, StaffAccount};
use crate::limits::Limited;

/// A code of the second step.
#[derive(Deserialize, ToSchema)]
pub struct MfaCode {
    code: String,
}

/// Codes for the day when the device is lost. They are shown once; each works once.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupCodes {
    backup_codes: Vec<String>,
}

/// Ends the set-up with a code that the authenticator shows.
#[utoipa::path(post, path = "/api/me/mfa/confirm", tag = "accounts", request_body = MfaCode,
    responses((status = 200, body = BackupCodes)))]
pub async fn confirm_mfa(
    StaffAccount(user): StaffAccount,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<MfaCode>,
) -> Result<Json<BackupCodes>, Problem> {
    let (user_id, now) = (user.user_id(), web.clock.now());
    let key = web.pseudonyms.of_person(user_id);
    web.limits().check(Limited::LogIn, &context, Some(key), now).await?;
    let mut tx = web.store.begin().await?;
    match store::staff_mfa::get(&mut tx, user_id).await? {
        None => return Err(Code::MfaNotBegun.into()),
        Some(stored) if stored.confirmed => return Err(Code::MfaOn.into()),
        Some(_) => {}
    }
    if !accept(&mut tx, &web, user_id, form.code.trim()).await? {
        return Err(Code::MfaCodeWrong.into());
    }
    let backup_codes = backup_codes(&web.entropy);
    let hashes: Vec<_> = backup_codes.iter().map(|code| backup_hash(user_id, code)).collect();
    store::staff_mfa::confirm(&mut tx, user_id, &hashes, now).await?;
    commit(tx).await?;
    Ok(Json(BackupCodes { backup_codes }))
}
