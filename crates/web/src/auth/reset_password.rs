//! `POST /api/password/reset`: the link from a message sets a password.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccountId, Role};
use serde::Deserialize;
use utoipa::ToSchema;

use super::token;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::Body;
use crate::limits::Limited;

/// A new password, and the right to set it.
#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    /// From the link.
    token: String,
    /// 10 to 200 characters, not among the common ones.
    password: String,
}

/// Sets a password by a mailed link, which works once. All log-ins of the account end.
#[utoipa::path(post, path = "/api/password/reset", tag = "accounts", request_body = NewPassword,
    responses((status = 204)))]
pub async fn reset_password(
    State(web): State<Web>,
    context: Context,
    Body(form): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let now = web.clock.now();
    web.limits().check(Limited::PasswordLink, &context, None, now).await?;
    let hash =
        web.passwords.hash(form.password, &[], &web.entropy).await.map_err(|e| e.problem("password"))?;
    let mut tx = web.store.begin().await?;
    let account = store::password_link::consume(&mut tx, token::hash(&form.token), now).await?;
    let account = account.ok_or(Code::LinkInvalid)?;
    store::account::set_password(&mut tx, account, &hash).await?;
    store::sign_in::delete_all(&mut tx, account, None).await?;
    let role = match account {
        AccountId::Staff(user_id) => store::staff::by_id(&mut tx, user_id).await?.map(|staff| staff.role),
        AccountId::Attendee(..) => Some(Role::Attendee),
    };
    commit(tx).await?;
    role.inspect(|role| context.asked_by(account.user_id(), *role));
    Ok(StatusCode::NO_CONTENT)
}
