//! The ids in a path. What is no id is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{BatchId, InvitationId, JobId, PackId, PhotoId, UploadId, UserId};
use store::event_image::Kind;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{Code, Problem};

macro_rules! in_path {
    ($(#[$doc:meta])* $name:ident($id:ident) $param:literal, $missing:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(pub $id);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let id = id(parts, state, $param).await.ok_or(Code::$missing)?;
                Ok(Self($id(id)))
            }
        }
    };
}

in_path!(
    /// The person that the path's `{user_id}` names.
    UserInPath(UserId) "user_id", UserNotFound
);
in_path!(
    /// The photo that the path's `{photo_id}` names.
    PhotoInPath(PhotoId) "photo_id", PhotoNotFound
);
in_path!(
    /// The batch that the path's `{batch_id}` names.
    BatchInPath(BatchId) "batch_id", BatchNotFound
);
in_path!(
    /// The upload that the path's `{upload_id}` names.
    UploadInPath(UploadId) "upload_id", UploadNotFound
);
in_path!(
    /// The invitation that the path's `{invitation_id}` names.
    InvitationInPath(InvitationId) "invitation_id", InvitationNotFound
);
in_path!(
    /// The piece of background work that the path's `{job_id}` names.
    JobInPath(JobId) "job_id", JobNotFound
);

in_path!(
    /// The access pack that the path's `{pack_id}` names.
    PackInPath(PackId) "pack_id", PackNotFound
);

/// The kind of image that the path's `{kind}` names.
#[derive(Clone, Copy, Debug)]
pub struct ImageKindInPath(pub Kind);

impl<S: Send + Sync> FromRequestParts<S> for ImageKindInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Code::ImageNotFound)?;
        let named = params.iter().find(|(key, _)| *key == "kind").and_then(|(_, text)| text.parse().ok());
        Ok(Self(named.ok_or(Code::ImageNotFound)?))
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
