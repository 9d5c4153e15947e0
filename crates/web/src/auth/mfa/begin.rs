//! `POST /api/me/mfa`: begins to set up the second step.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SECRET_BYTES, totp};
use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::StaffAccount;

/// What an authenticator needs. It is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrolment {
    /// To be typed, in base 32.
    secret: String,
    /// To be shown as a QR code.
    otpauth_url: String,
}

/// Makes a secret for an authenticator. Log-in stays as it is until a code has been confirmed.
#[utoipa::path(post, path = "/api/me/mfa", tag = "accounts", responses((status = 200, body = Enrolment)))]
pub async fn begin_mfa(
    StaffAccount(user): StaffAccount,
    State(web): State<Web>,
) -> Result<Json<Enrolment>, Problem> {
    let secret = web.entropy.bytes::<SECRET_BYTES>();
    let sealed = web.mfa.seal(user.user_id(), &secret, &web.entropy);
    let mut tx = web.store.begin().await?;
    if !store::staff_mfa::begin(&mut tx, user.user_id(), &sealed).await? {
        return Err(Code::MfaOn.into());
    }
    commit(tx).await?;
    let totp = totp(secret.to_vec(), user.person.email.as_deref());
    let otpauth_url = totp.to_url().map_err(|error| Problem::internal(&error))?;
    Ok(Json(Enrolment { secret: totp_rs::Secret::from(secret.to_vec()).to_base32(), otpauth_url }))
}
