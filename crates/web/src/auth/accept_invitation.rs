//! `POST /api/invitations/accept`: somebody who was invited becomes a member of staff.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{AccountId, UserId};
use serde::Deserialize;
use store::staff::NewStaff;
use utoipa::ToSchema;

use super::{session, token};
use crate::Web;
use crate::accounts::fields;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::Body;
use crate::limits::Limited;

/// The new member of staff; role and e-mail are the invitation's.
#[derive(Deserialize, ToSchema)]
pub struct Acceptance {
    /// From the link.
    token: String,
    name: String,
    /// A name to log in with, beside the e-mail.
    username: Option<String>,
    /// 10 to 200 characters, not among the common ones.
    password: String,
}

/// Makes an account by an invitation, which works once, and logs its owner in.
#[utoipa::path(post, path = "/api/invitations/accept", tag = "accounts", request_body = Acceptance,
    responses((status = 201, body = session::Session)))]
pub async fn accept_invitation(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    Body(form): Body<Acceptance>,
) -> Result<Response, Problem> {
    let now = web.clock.now();
    web.limits().check(Limited::PasswordLink, &context, None, now).await?;
    let name = fields::name(&form.name)?;
    let username = fields::username(form.username.as_deref())?;
    let hash = web.passwords.hash(form.password, &[name.as_str()], &web.entropy).await;
    let hash = hash.map_err(|error| error.problem("password"))?;
    let mut tx = web.store.begin().await?;
    let invitation = store::invitation::consume(&mut tx, token::hash(&form.token), now).await?;
    let invitation = invitation.ok_or(Code::LinkInvalid)?;
    let email = fields::email(&invitation.email)?;
    let user_id = UserId::from_entropy(&web.entropy);
    let new = NewStaff {
        user_id,
        role: invitation.role,
        name: &name,
        email: &email,
        username: username.as_ref(),
        password_hash: &hash,
        created_at: now,
    };
    // A clash takes the transaction back, and the invitation works again.
    store::staff::insert(&mut tx, &new).await.map_err(fields::taken)?;
    let (person, tokens) = session::begin(&mut tx, &web, AccountId::Staff(user_id)).await?;
    let user = session::user(&mut tx, &person).await?;
    commit(tx).await?;
    context.asked_by(user_id, invitation.role);
    context.about(user_id.0);
    Ok(session::answer(&web, &headers, StatusCode::CREATED, user, tokens))
}
