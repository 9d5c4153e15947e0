//! `POST /api/me/password`: another password.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::password::Checked;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, SignedIn};
use crate::limits::Limited;

/// The present password and the one to come.
#[derive(Deserialize, ToSchema)]
pub struct PasswordChange {
    current: String,
    /// 10 to 200 characters, not among the common ones.
    new: String,
}

/// Changes the password. All other log-ins of the account end.
#[utoipa::path(post, path = "/api/me/password", tag = "accounts", request_body = PasswordChange,
    responses((status = 204)))]
pub async fn change_password(
    SignedIn(user): SignedIn,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let key = web.pseudonyms.of_person(user.user_id());
    web.limits().check(Limited::LogIn, &context, Some(key), web.clock.now()).await?;
    let mut tx = web.store.begin().await?;
    let hash = store::account::password_hash(&mut tx, user.account()).await?;
    commit(tx).await?;
    let checked = web.passwords.verify(form.current, hash.clone()).await.map_err(|e| e.problem("current"))?;
    if checked == Checked::Wrong {
        return Err(Code::WrongCredentials.into());
    }
    let about = [user.person.name.as_str(), user.person.email.as_deref().unwrap_or_default()];
    let new = web.passwords.hash(form.new, &about, &web.entropy).await.map_err(|e| e.problem("new"))?;
    let mut tx = web.store.begin().await?;
    // Somebody may have set another one while this was computed.
    if !store::account::password_is_still(&mut tx, user.account(), &hash.unwrap_or_default()).await? {
        return Err(Code::WrongCredentials.into());
    }
    store::account::set_password(&mut tx, user.account(), &new).await?;
    store::password_link::delete_all(&mut tx, user.account()).await?;
    store::sign_in::delete_all(&mut tx, user.account(), Some(user.sign_in_id)).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
