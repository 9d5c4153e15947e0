//! HTTP and nothing else: handlers that check who asks, call the crates below, and answer.
//!
//! One handler per file; the folder says for whom it is. [`router`] lists every route.
//!
//! ## Why
//! - Authorisation is a type in the handler's signature ([`extract::Staff`]); a handler without it is public.
//! - A handler gets its event by [`extract::InEvent`], so that no query can lack one.
//! - Errors are [`error::Problem`]s: one table maps each code to its status and its words in both languages.

#![expect(
    clippy::missing_errors_doc,
    reason = "a handler's errors are the responses that its OpenAPI entry lists"
)]

pub mod attendee;
pub mod auth;
pub mod error;
pub mod extract;
pub mod health;
pub mod media;
mod middleware;
pub mod news;
pub mod organiser;
pub mod photographer;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use blobs::Blobs;
use domain::{Clock, Entropy};
use recognizer::Recognizer;
use store::Store;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use auth::password::Passwords;
pub use auth::setup::new_setup_token;
pub use media::sign::SignedUrls;
pub use news::NewsFeed;
pub use photographer::receive::{Incoming, Receipt, Receiver, SIZE_BYTES_MAX, file_name_of};

/// What the handlers need. Each takes only the parts it names.
#[derive(Clone, Debug, FromRef)]
pub struct Web {
    /// The database.
    pub store: Store,
    /// Photo bytes.
    pub blobs: Blobs,
    /// Reads selfies and searches.
    pub recognizer: Recognizer,
    /// The time.
    pub clock: Clock,
    /// Ids and tokens.
    pub entropy: Entropy,
    /// Makes and checks the addresses of photos.
    pub urls: SignedUrls,
    /// What other processes did.
    pub news: NewsFeed,
    /// Hashes passwords off the async threads.
    pub passwords: Passwords,
    /// Takes in photos.
    pub receiver: Receiver,
    /// Bounds and switches.
    pub settings: WebSettings,
}

/// Bounds and switches of the HTTP side.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Whether people reach FindMe by https, so that cookies may demand it.
    pub https: bool,
    /// Requests that may upload photos at once; further ones are told to come back.
    pub uploads: std::sync::Arc<tokio::sync::Semaphore>,
    /// Selfies that may be received at once; further ones are told to come back.
    pub selfies: std::sync::Arc<tokio::sync::Semaphore>,
}

impl Default for WebSettings {
    fn default() -> Self {
        let places = |n| std::sync::Arc::new(tokio::sync::Semaphore::new(n));
        Self { https: false, uploads: places(32), selfies: places(64) }
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "FindMe",
    description = "Photos of an event, found by a selfie. Errors are problem JSON (RFC 9457) with a stable `code`; \
                   staff calls need the session cookie that a log-in sets and, unless they only read, the header \
                   `X-FindMe: 1`.",
    license(name = "Apache-2.0 OR MIT")
))]
struct ApiDocument;

/// All routes of the API. `pages` answers whatever is not the API's.
pub fn router(web: Web, pages: Router) -> Router {
    let (api, document) = api_routes().split_for_parts();
    let api = api.with_state(web.clone()).fallback_service(pages);
    let with_docs = api.merge(SwaggerUi::new("/api-docs").url("/api-docs/openapi.json", document));
    middleware::around(with_docs, web.entropy)
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api_routes().split_for_parts().1
}

fn api_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(ApiDocument::openapi())
        .routes(routes!(health::live::live))
        .routes(routes!(health::ready::ready))
        .routes(routes!(health::report::health))
        .routes(routes!(health::report::health_check))
        .routes(routes!(auth::setup::setup_needed, auth::setup::set_up))
        .routes(routes!(auth::login::log_in))
        .routes(routes!(auth::logout::log_out))
        .routes(routes!(auth::me::me))
        .routes(routes!(organiser::list_events::list_events, organiser::create_event::create_event))
        .routes(routes!(organiser::show_event::show_event))
        .routes(routes!(photographer::upload_photos::upload_photos, photographer::list_photos::list_photos))
        .routes(routes!(photographer::retry_photo::retry_photo))
        .routes(routes!(photographer::progress::progress))
        .routes(routes!(attendee::show_event::show_event))
        .routes(routes!(attendee::search::search))
        .routes(routes!(media::serve::serve))
        .route("/api/{*rest}", axum::routing::any(error::no_such_endpoint))
        // Bodies are bounded by each handler that takes one; this is for the JSON ones.
        .layer(DefaultBodyLimit::max(64 * 1024))
}
