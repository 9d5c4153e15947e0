//! `PATCH /api/staff/{user_id}`: a member of staff gets another name, role or allowance.

use axum::Json;
use axum::extract::State;
use domain::Role;
use serde::Deserialize;
use store::Store;
use store::quota::Allowance;
use utoipa::ToSchema;

use super::create_staff::staff_role;
use crate::accounts::fields;
use crate::accounts::member::Member;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, Body, UserInPath};

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct StaffChange {
    name: Option<String>,
    /// `admin`, `organiser` or `photographer`.
    role: Option<String>,
    /// How many bytes they may upload; null: as many as fit.
    #[serde(default, deserialize_with = "fields::allowance")]
    #[schema(value_type = Option<u64>)]
    bytes_max: Option<Allowance>,
}

/// Changes name, role or allowance. With another role the person's assignments and invitations end, as they would mean something
/// else; tokens that speak of the old one are worth nothing from then on, and pages fetch fresh ones.
#[utoipa::path(patch, path = "/api/staff/{user_id}", tag = "staff", params(("user_id" = Uuid, Path)),
    request_body = StaffChange, responses((status = 200, body = Member)))]
pub async fn update_staff(
    _: Admin,
    UserInPath(user_id): UserInPath,
    State(store): State<Store>,
    Body(form): Body<StaffChange>,
) -> Result<Json<Member>, Problem> {
    let name = form.name.as_deref().map(fields::name).transpose()?;
    let role = form.role.as_deref().map(staff_role).transpose()?;
    let bytes_max = fields::checked_allowance(form.bytes_max)?;
    let mut tx = store.begin().await?;
    let demoted = role.is_some_and(|role| role != Role::Admin);
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    if staff.role == Role::Admin && demoted && !store::staff::other_admin_exists(&mut tx, user_id).await? {
        return Err(Code::LastAdmin.into());
    }
    store::staff::update(&mut tx, user_id, name.as_ref(), role, bytes_max).await?;
    if role.is_some_and(|role| role != staff.role) {
        store::invitation::delete_by(&mut tx, user_id).await?;
        store::event_staff::unassign_all(&mut tx, user_id).await?;
    }
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    commit(tx).await?;
    Ok(Json(staff.into()))
}
