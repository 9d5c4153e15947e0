//! `GET /api/me`: who is logged in.

use axum::Json;

use super::User;
use crate::extract::Staff;

/// Who is logged in.
#[utoipa::path(get, path = "/api/me", tag = "accounts",
    responses((status = 200, body = User), (status = 401, body = crate::error::ProblemBody)))]
pub async fn me(Staff(user): Staff) -> Json<User> {
    Json(User { user_id: user.user_id.0, name: user.name, email: user.email, role: user.role })
}
