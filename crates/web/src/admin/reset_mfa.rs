//! `DELETE /api/staff/{user_id}/mfa`: an admin takes somebody's second step away.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, UserInPath};

/// Takes away the second step of somebody who has lost device and backup codes. Where it is required, they set up
/// another at their next log-in.
#[utoipa::path(delete, path = "/api/staff/{user_id}/mfa", tag = "staff", params(("user_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn reset_mfa(
    _: Admin,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !store::staff_mfa::delete(&mut tx, user_id).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
