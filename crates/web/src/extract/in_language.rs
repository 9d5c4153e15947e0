//! The language in which the caller wants to be spoken to.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::Language;

/// The caller's language, by `Accept-Language`.
#[derive(Clone, Copy, Debug)]
pub struct InLanguage(pub Language);

impl InLanguage {
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        header.map(Language::from_accept_language).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for InLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(&parts.headers)))
    }
}
