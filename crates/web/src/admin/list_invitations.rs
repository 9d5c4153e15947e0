//! `GET /api/invitations`: invitations that wait to be accepted.

use axum::Json;
use axum::extract::State;
use domain::{Clock, Role};
use serde::Serialize;
use store::Store;
use store::invitation::Invitation as StoredInvitation;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::Admin;

/// An invitation that waits.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Invitation {
    invitation_id: Uuid,
    email: String,
    #[schema(value_type = String, example = "photographer")]
    role: Role,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Until when the link works.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl From<StoredInvitation> for Invitation {
    fn from(stored: StoredInvitation) -> Self {
        let StoredInvitation { invitation_id, email, role, created_at, expires_at } = stored;
        Self { invitation_id: invitation_id.0, email, role, created_at, expires_at }
    }
}

/// Invitations that wait, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitations {
    invitations: Vec<Invitation>,
}

/// Lists invitations that wait, newest first, at most 500.
#[utoipa::path(get, path = "/api/invitations", tag = "staff", responses((status = 200, body = Invitations)))]
pub async fn list_invitations(
    _: Admin,
    State(store): State<Store>,
    State(clock): State<Clock>,
) -> Result<Json<Invitations>, Problem> {
    let mut tx = store.begin().await?;
    let found = store::invitation::list(&mut tx, clock.now()).await?;
    Ok(Json(Invitations { invitations: found.into_iter().map(Invitation::from).collect() }))
}
