//! What surrounds every request: an id, a line in the log, the audit log, the fence for panics, errors in the caller's
//! language, and the same CORS headers on every answer.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, map_request};
use axum::response::{IntoResponse as _, Response};
use domain::AuditId;
use store::audit::NewEntry;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument as _;

use crate::Web;
use crate::context::{Context, address_of};
use crate::error::{Code, Problem, commit};
use crate::extract::InLanguage;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is written down although it changes nothing: reading face data, and everybody's names and addresses.
const READS_PEOPLE: &[&str] = &["/api/events/{event}/search", "/api/events/{event}/attendees.csv"];
/// What is not written down: pieces of an upload whose beginning is, a question, a search again of which the first is, and
/// what people keep for themselves.
const NOT_WRITTEN_DOWN: &[(Method, &str)] = &[
    (Method::PATCH, "/api/events/{event}/uploads/{upload_id}"),
    (Method::POST, "/api/events/{event}/photos/known"),
    (Method::POST, "/api/attendee/events/{event}/matches"),
    (Method::PUT, "/api/attendee/events/{event}/verdicts/{photo_id}"),
    (Method::DELETE, "/api/attendee/events/{event}/verdicts/{photo_id}"),
    (Method::PUT, "/api/attendee/events/{event}/favourites/{photo_id}"),
    (Method::DELETE, "/api/attendee/events/{event}/favourites/{photo_id}"),
];

pub(crate) fn around(router: Router, web: Web) -> Router {
    let cors = cors(&web.settings.allowed_origins);
    let surround = move |request: Request, next: Next| surround(web.clone(), request, next);
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(surround))
        .layer(map_request(unmask_options))
        .layer(cors)
        .layer(map_request(mask_options))
}

/// Stands for OPTIONS on its way through the CORS layer, which answers every OPTIONS itself, also one of a tus client
/// that asks what is spoken here and is no preflight.
const MASKED_OPTIONS: &str = "MASKED-OPTIONS";

async fn mask_options(mut request: Request) -> Request {
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() == Method::OPTIONS && !is_preflight {
        *request.method_mut() = Method::from_bytes(MASKED_OPTIONS.as_bytes()).expect("letters and a dash");
    }
    request
}

async fn unmask_options(mut request: Request) -> Request {
    if request.method().as_str() == MASKED_OPTIONS {
        *request.method_mut() = Method::OPTIONS;
    }
    request
}

/// Pages of these origins, and no others, may call with a person's cookies. It stands outermost, so that refusals and
/// failures carry its headers too.
fn cors(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::ACCEPT_LANGUAGE,
            HeaderName::from_static("x-findme"),
            HeaderName::from_static("tus-resumable"),
            HeaderName::from_static("upload-length"),
            HeaderName::from_static("upload-metadata"),
            HeaderName::from_static("upload-offset"),
            HeaderName::from_static("upload-checksum"),
        ])
        .expose_headers([
            REQUEST_ID,
            header::RETRY_AFTER,
            header::LOCATION,
            HeaderName::from_static("tus-resumable"),
            HeaderName::from_static("tus-version"),
            HeaderName::from_static("tus-extension"),
            HeaderName::from_static("tus-max-size"),
            HeaderName::from_static("upload-offset"),
            HeaderName::from_static("upload-length"),
            HeaderName::from_static("upload-expires"),
            HeaderName::from_static("upload-metadata"),
            HeaderName::from_static("findme-outcome"),
            HeaderName::from_static("findme-photo"),
        ])
        .max_age(std::time::Duration::from_hours(1))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer calls")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "a handler panicked");
    Problem::new(Code::Internal).into_response()
}

async fn surround(web: Web, mut request: Request, next: Next) -> Response {
    let id = hex::encode(web.entropy.bytes::<8>());
    let language = InLanguage::of(request.headers());
    let address = address_of(request.headers(), request.extensions(), &web.settings.trusted_proxies);
    let context = Context::new(id.clone(), address);
    request.extensions_mut().insert(context.clone());
    // The pattern, not the path: a path may hold a signature or a name.
    let route = request.extensions().get::<MatchedPath>().map_or("(page)", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id, %method, route);
    let mut response = answered(&web, &context, request, next, &route).instrument(span.clone()).await;
    let status = response.status().as_u16();
    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        if problem.code() == Code::TooManyAttempts {
            hold_back(&web).await;
        }
        let mut answer = problem.answer(language, &id);
        for (name, value) in &std::mem::take(response.headers_mut()) {
            answer.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response = answer;
    }
    span.in_scope(|| tracing::debug!(status, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Calls the handler and writes what it did into the audit log. What changes something goes on to its end, and into the
/// log, even if the caller hangs up meanwhile.
async fn answered(web: &Web, context: &Context, request: Request, next: Next, route: &str) -> Response {
    let method = request.method().clone();
    let only_reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
    if only_reads && !READS_PEOPLE.contains(&route) {
        return next.run(request).await;
    }
    let (web, context, route) = (web.clone(), context.clone(), route.to_owned());
    let work = async move {
        let response = next.run(request).await;
        audit(&web, &context, &method, &route, response.status().as_u16()).await;
        response
    };
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|error| Problem::internal(&error).into_response())
}

/// Lets whoever has reached a limit wait for the answer: it costs us a timer, and hurrying is of no use to them. When
/// too many wait already, the answer goes at once.
async fn hold_back(web: &Web) {
    if let Ok(_place) = web.settings.held_back.try_acquire() {
        tokio::time::sleep(web.settings.hold_back).await;
    }
}

/// Writes into the audit log what somebody with an account did or tried, and who asked for face data.
async fn audit(web: &Web, context: &Context, method: &Method, route: &str, status: u16) {
    let actor = context.actor();
    let people_read = status < 400 && READS_PEOPLE.contains(&route);
    let is_minor = NOT_WRITTEN_DOWN.iter().any(|minor| *minor == (method.clone(), route));
    if actor.is_none() && !people_read || is_minor {
        return;
    }
    let entry = NewEntry {
        audit_id: AuditId::from_entropy(&web.entropy),
        at: web.clock.now(),
        actor_id: actor.map(|actor| actor.user_id),
        actor_role: actor.map_or("nobody", |actor| actor.role.as_str()),
        action: &format!("{method} {route}"),
        event_id: context.event_id(),
        target_id: context.target_id(),
        status,
        address: context.address(),
        request_id: context.request_id(),
    };
    let written = async {
        let mut tx = web.store.begin().await?;
        store::audit::insert(&mut tx, &entry).await?;
        commit(tx).await
    };
    if let Err(problem) = written.await {
        tracing::error!(
            code = problem.code().as_str(),
            action = entry.action,
            "the audit log could not be written"
        );
    }
}
