//! `GET /api/me`: who is logged in.

use axum::Json;
use axum::extract::State;
use store::Store;

use super::session::{self, User};
use crate::error::Problem;
use crate::extract::SignedIn;

/// Who is logged in.
#[utoipa::path(get, path = "/api/me", tag = "accounts", responses((status = 200, body = User)))]
pub async fn me(SignedIn(user): SignedIn, State(store): State<Store>) -> Result<Json<User>, Problem> {
    let mut tx = store.begin().await?;
    Ok(Json(session::user(&mut tx, &user.person).await?))
}
