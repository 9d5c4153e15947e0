//! `DELETE /api/staff/{user_id}`: the account of a member of staff ends.

use axum::extract::State;
use axum::http::StatusCode;
use domain::Role;
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, UserInPath};

/// Deletes an account and all that hangs on it: log-ins, links, second step, assignments, invitations. Events and
/// photos stay. The e-mail can be used again at once.
#[utoipa::path(delete, path = "/api/staff/{user_id}", tag = "staff", params(("user_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn delete_staff(
    _: Admin,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    if staff.role == Role::Admin && !store::staff::other_admin_exists(&mut tx, user_id).await? {
        return Err(Code::LastAdmin.into());
    }
    if !store::staff::delete(&mut tx, user_id).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
