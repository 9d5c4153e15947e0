//! The ids in a path. What is no id is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{InvitationId, PhotoId, UserId};
use uuid::Uuid;

use crate::context::Context;
use crate::error::{Code, Problem};

/// The person that the path's `{user_id}` names.
#[derive(Clone, Copy, Debug)]
pub struct UserInPath(pub UserId);

/// The photo that the path's `{photo_id}` names.
#[derive(Clone, Copy, Debug)]
pub struct PhotoInPath(pub PhotoId);

/// The invitation that the path's `{invitation_id}` names.
#[derive(Clone, Copy, Debug)]
pub struct InvitationInPath(pub InvitationId);

impl<S: Send + Sync> FromRequestParts<S> for UserInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = id(parts, state, "user_id").await.ok_or(Code::UserNotFound)?;
        Ok(Self(UserId(id)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PhotoInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = id(parts, state, "photo_id").await.ok_or(Code::PhotoNotFound)?;
        Ok(Self(PhotoId(id)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InvitationInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = id(parts, state, "invitation_id").await.ok_or(Code::InvitationNotFound)?;
        Ok(Self(InvitationId(id)))
    }
}

/// The id under `name`, noted as what the request is about.
async fn id<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<Uuid> {
    let params = RawPathParams::from_request_parts(parts, state).await.ok()?;
    let (_, text) = params.iter().find(|(key, _)| *key == name)?;
    let id = text.parse().ok()?;
    Context::of(&parts.extensions).ok()?.about(id);
    Some(id)
}
