//! What surrounds every request: an id, a line in the log, the fence for panics, errors in the caller's language.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use domain::Entropy;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::error::{Code, Problem};
use crate::extract::InLanguage;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) fn around(router: Router, entropy: Entropy) -> Router {
    let surround = move |request: Request, next: Next| surround(entropy.clone(), request, next);
    router.layer(CatchPanicLayer::custom(panicked)).layer(from_fn(surround))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer calls")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "a handler panicked");
    Problem::new(Code::Internal).into_response()
}

async fn surround(entropy: Entropy, request: Request, next: Next) -> Response {
    let id = hex::encode(entropy.bytes::<8>());
    let language = InLanguage::of(request.headers());
    // The pattern, not the path: a path may hold a signature or a name.
    let route = request.extensions().get::<MatchedPath>().map_or("(page)", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        response = problem.answer(language, &id);
    }
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
