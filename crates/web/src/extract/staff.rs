//! A member of staff who is logged in.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::{Clock, Digest};
use store::Store;
use store::session::SessionUser;

use crate::auth::cookie;
use crate::error::{Code, Problem};

/// The member of staff who asks. A handler that takes it answers nobody else.
#[derive(Debug)]
pub struct Staff(pub SessionUser);

impl<S> FromRequestParts<S> for Staff
where
    S: Send + Sync,
    Store: FromRef<S>,
    Clock: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        refuse_forged(&parts.method, &parts.headers)?;
        let token = cookie::token(&parts.headers).ok_or(Code::NotLoggedIn)?;
        let mut tx = Store::from_ref(state).begin().await?;
        let now = Clock::from_ref(state).now();
        let user = store::session::user(&mut tx, Digest::of(token.as_bytes()), now).await?;
        user.map(Self).ok_or_else(|| Code::NotLoggedIn.into())
    }
}

/// A page of another site can make a browser send our cookie, but not a header of its own without our leave.
/// (OWASP, Cross-Site Request Forgery Prevention: custom request headers.)
pub(crate) fn refuse_forged(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let only_reads = *method == Method::GET || *method == Method::HEAD;
    let guarded = headers.contains_key("x-findme") || headers.contains_key(header::AUTHORIZATION);
    if only_reads || guarded { Ok(()) } else { Err(Code::GuardHeaderMissing.into()) }
}
