//! `POST /api/staff`: an admin makes the account of a member of staff.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Role, UserId};
use serde::Deserialize;
use store::staff::NewStaff;
use utoipa::ToSchema;

use crate::Web;
use crate::accounts::fields;
use crate::accounts::member::Member;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, Body};

/// A new member of staff.
#[derive(Deserialize, ToSchema)]
pub struct StaffForm {
    /// `admin`, `organiser` or `photographer`.
    role: String,
    name: String,
    email: String,
    /// A name to log in with, beside the e-mail.
    username: Option<String>,
    /// 10 to 200 characters, not among the common ones.
    password: String,
}

/// The role that `text` names, if it is one of staff.
pub(super) fn staff_role(text: &str) -> Result<Role, Problem> {
    text.parse::<Role>().ok().filter(|role| role.is_staff()).ok_or_else(|| Problem::field("role"))
}

/// Makes an account whose password the admin tells its owner.
#[utoipa::path(post, path = "/api/staff", tag = "staff", request_body = StaffForm,
    responses((status = 201, body = Member)))]
pub async fn create_staff(
    _: Admin,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<StaffForm>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    let role = staff_role(&form.role)?;
    let (name, email) = (fields::name(&form.name)?, fields::email(&form.email)?);
    let username = fields::username(form.username.as_deref())?;
    let about = [name.as_str(), email.as_str()];
    let hash = web.passwords.hash(form.password, &about, &web.entropy).await;
    let hash = hash.map_err(|error| error.problem("password"))?;
    let user_id = UserId::from_entropy(&web.entropy);
    let new = NewStaff {
        user_id,
        role,
        name: &name,
        email: &email,
        username: username.as_ref(),
        password_hash: &hash,
        created_at: web.clock.now(),
    };
    let mut tx = web.store.begin().await?;
    store::staff::insert(&mut tx, &new).await.map_err(fields::taken)?;
    let staff = store::staff::by_id(&mut tx, user_id).await?.ok_or(Code::UserNotFound)?;
    commit(tx).await?;
    context.about(user_id.0);
    Ok((StatusCode::CREATED, Json(staff.into())))
}
