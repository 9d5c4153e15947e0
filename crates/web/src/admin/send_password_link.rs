//! `POST /api/staff/{user_id}/password-link`: a member of staff is mailed a link to a new password.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccountId, Email};
use store::outbox::Concerns;

use crate::Web;
use crate::auth::password_link;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, InLanguage, UserInPath};
use crate::mail::To;

/// Mails a link by which the account's owner chooses a new password. The old one works until then.
#[utoipa::path(post, path = "/api/staff/{user_id}/password-link", tag = "staff", params(("user_id" = Uuid, Path)),
    responses((status = 202)))]
pub async fn send_password_link(
    _: Admin,
    UserInPath(user_id): UserInPath,
    State(web): State<Web>,
    InLanguage(language): InLanguage,
) -> Result<StatusCode, Problem> {
    let mut tx = web.store.begin().await?;
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    let email = Email::parse(&staff.email).map_err(|_| Code::UserNotFound)?;
    let account = AccountId::Staff(user_id);
    let to = To { email: &email, language, concerns: Concerns::Account(account) };
    password_link::reset(&mut tx, &web, &to, account, None).await?;
    commit(tx).await?;
    Ok(StatusCode::ACCEPTED)
}
