//! `DELETE /api/invitations/{invitation_id}`: an invitation ends.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, InvitationInPath};

/// Withdraws an invitation: its link is worth nothing from then on.
#[utoipa::path(delete, path = "/api/invitations/{invitation_id}", tag = "staff",
    params(("invitation_id" = Uuid, Path)), responses((status = 204)))]
pub async fn withdraw_invitation(
    _: Admin,
    InvitationInPath(invitation_id): InvitationInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !store::invitation::delete(&mut tx, invitation_id).await? {
        return Err(Code::InvitationNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
