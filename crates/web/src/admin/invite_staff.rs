//! `POST /api/invitations`: an admin invites somebody to become a member of staff.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{InvitationId, Language};
use notify::Kind;
use serde::Deserialize;
use store::invitation::{Invitation as StoredInvitation, NewInvitation};
use store::outbox::Concerns;
use time::Duration;
use utoipa::ToSchema;

use super::create_staff::staff_role;
use super::list_invitations::Invitation;
use crate::Web;
use crate::accounts::fields;
use crate::auth::token::{self, Purpose};
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Admin, Body, InLanguage};
use crate::mail::{To, link, post};

/// Days that an invitation works.
const DAYS: u32 = 7;

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
pub struct InvitationForm {
    email: String,
    /// `admin`, `organiser` or `photographer`.
    role: String,
    /// The language of the mail; that of whoever asks when left out.
    #[schema(value_type = Option<String>, example = "fr")]
    language: Option<Language>,
}

/// Mails an invitation, whose link works once and for seven days. An earlier one of the same address ends.
#[utoipa::path(post, path = "/api/invitations", tag = "staff", request_body = InvitationForm,
    responses((status = 201, body = Invitation)))]
pub async fn invite_staff(
    Admin(user): Admin,
    State(web): State<Web>,
    context: Context,
    InLanguage(language): InLanguage,
    Body(form): Body<InvitationForm>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let (email, role) = (fields::email(&form.email)?, staff_role(&form.role)?);
    let language = form.language.unwrap_or(language);
    let (token, token_hash) = token::new(Purpose::Invitation, &web.entropy);
    let invitation_id = InvitationId::from_entropy(&web.entropy);
    let created_at = web.clock.now();
    let expires_at = created_at + Duration::days(i64::from(DAYS));
    let invited_by = user.user_id();
    let mut tx = web.store.begin().await?;
    if store::staff::by_login(&mut tx, email.as_str()).await?.is_some() {
        return Err(Problem::taken(Code::EmailTaken, "email"));
    }
    let new =
        NewInvitation { invitation_id, token_hash, email: &email, role, invited_by, created_at, expires_at };
    store::invitation::insert(&mut tx, &new).await?;
    let message = notify::invitation(language, role, &link(&web, "invitation", &token), DAYS);
    let to = To { email: &email, language, concerns: Concerns::Invitation(invitation_id) };
    post(&mut tx, &web, &to, Kind::Invitation, &message).await?;
    commit(tx).await?;
    context.about(invitation_id.0);
    let email = email.as_str().to_owned();
    let stored = StoredInvitation { invitation_id, email, role, created_at, expires_at };
    Ok((StatusCode::CREATED, Json(stored.into())))
}
