//! The version of the protocol, which stands in every request and every answer.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::error::{Code, Problem};

/// The one version that is spoken here.
pub(super) const VERSION: &str = "1.0.0";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");

/// The caller speaks this version.
#[derive(Debug)]
pub struct TusVersion;

impl<S: Send + Sync> FromRequestParts<S> for TusVersion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match parts.headers.get(TUS_RESUMABLE) {
            Some(version) if version == VERSION => Ok(Self),
            _ => Err(Code::TusVersion.into()),
        }
    }
}

/// Says on every answer which version is spoken.
pub(crate) async fn answer_version(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert("tus-version", HeaderValue::from_static(VERSION));
    response
}
