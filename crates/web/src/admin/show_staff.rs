//! `GET /api/staff/{user_id}`: one member of staff.

use axum::Json;
use axum::extract::State;
use store::Store;

use crate::accounts::member::Member;
use crate::error::{Code, Problem};
use crate::extract::{Admin, UserInPath};

/// One member of staff.
#[utoipa::path(get, path = "/api/staff/{user_id}", tag = "staff", params(("user_id" = Uuid, Path)),
    responses((status = 200, body = Member)))]
pub async fn show_staff(
    _: Admin,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
) -> Result<Json<Member>, Problem> {
    let mut tx = store.begin().await?;
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    Ok(Json(staff.into()))
}
