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

pub mod accounts;
pub mod admin;
pub mod attendee;
pub mod auth;
pub mod context;
mod csv_file;
mod document;
pub mod error;
pub mod extract;
mod figures;
mod given;
pub mod health;
mod limits;
mod mail;
pub mod media;
mod middleware;
pub mod news;
pub mod organiser;
mod page;
pub mod photographer;
mod system;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use blobs::Blobs;
use domain::{Clock, Entropy};
use intake::Receiver;
use recognizer::Recognizer;
use store::Store;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use attendee::look::Looks;
pub use attendee::seal::SealKey;
pub use auth::access_token::AccessTokens;
pub use auth::mfa::MfaKey;
pub use auth::password::Passwords;
pub use auth::pseudonym::Pseudonyms;
pub use auth::setup::new_setup_token;
pub use media::marked::{MarkedPhotos, visitor_rendition};
pub use media::sign::{MadeFor, SignedUrls};
pub use news::NewsFeed;
pub use system::{Check, Health, System};

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
    /// Makes and reads access tokens.
    pub tokens: AccessTokens,
    /// Names for people in logs and limits.
    pub pseudonyms: Pseudonyms,
    /// Encrypts the secrets of second steps.
    pub mfa: MfaKey,
    /// Seals the faces of searches.
    pub seals: SealKey,
    /// How many photos the events have to show.
    pub looks: Looks,
    /// Draws watermarks, logos and covers.
    pub marked: MarkedPhotos,
    /// Takes in photos.
    pub receiver: Receiver,
    /// Asks every part how it is.
    pub system: System,
    /// Bounds and switches.
    pub settings: WebSettings,
}

/// Bounds and switches of the HTTP side.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Whether people reach FindMe by https, so that cookies may demand it.
    pub https: bool,
    /// Where people reach FindMe, for links in messages; without a slash at its end.
    pub public_url: String,
    /// Pages of these origins may call the API with a person's cookies.
    pub allowed_origins: Vec<axum::http::HeaderValue>,
    /// Proxies whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Whether attempts are limited; they always are, but for measuring what lies behind.
    pub rate_limits: bool,
    /// How long whoever has reached a limit waits to be told so.
    pub hold_back: std::time::Duration,
    /// How many may be kept waiting like that at once.
    pub held_back: std::sync::Arc<tokio::sync::Semaphore>,
    /// Where files of a form lie until they are stored.
    pub spool: std::path::PathBuf,
    /// Requests that may upload photos at once; further ones are told to come back.
    pub uploads: std::sync::Arc<tokio::sync::Semaphore>,
    /// Selfies that may be received at once; further ones are told to come back.
    pub selfies: std::sync::Arc<tokio::sync::Semaphore>,
    /// Archives of selected photos that may be sent at once; further ones are told to come back.
    pub selection_zips: std::sync::Arc<tokio::sync::Semaphore>,
    /// Archives of whole events that may be sent at once, which must not wait for the many of selections.
    pub event_zips: std::sync::Arc<tokio::sync::Semaphore>,
}

impl Default for WebSettings {
    fn default() -> Self {
        let places = |n| std::sync::Arc::new(tokio::sync::Semaphore::new(n));
        Self {
            https: false,
            public_url: "http://localhost:8080".to_owned(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rate_limits: true,
            hold_back: std::time::Duration::from_secs(1),
            held_back: places(1000),
            spool: std::env::temp_dir(),
            uploads: places(32),
            selfies: places(64),
            selection_zips: places(64),
            event_zips: places(8),
        }
    }
}

impl Web {
    fn limits(&self) -> limits::Limits<'_> {
        let enabled = self.settings.rate_limits;
        limits::Limits { store: &self.store, pseudonyms: &self.pseudonyms, enabled }
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "FindMe",
    description = "Photos of an event, found by a selfie. Errors are problem JSON (RFC 9457) with a stable `code`. \
                   Programs log in at `/api/login` and send `Authorization: Bearer` with the access token; pages send \
                   the header `X-FindMe: 1` and have their tokens in cookies.",
    license(name = "Apache-2.0 OR MIT")
))]
struct ApiDocument;

/// All routes of the API. `pages` answers whatever is not the API's.
pub fn router(web: Web, pages: Router) -> Router {
    let (api, _) = api_routes().split_for_parts();
    let api = api.method_not_allowed_fallback(error::method_not_allowed);
    let api = api.with_state(web.clone()).fallback_service(pages);
    let with_docs = api.merge(SwaggerUi::new("/api-docs").url("/api-docs/openapi.json", openapi()));
    middleware::around(with_docs, web)
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = api_routes().split_for_parts().1;
    document::complete(&mut document);
    document
}

fn api_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(ApiDocument::openapi())
        .merge(health_routes())
        .merge(account_routes())
        .merge(staff_routes())
        .merge(event_routes())
        .merge(looks_routes())
        .merge(upload_routes())
        .merge(attendee_routes())
        .route("/api/{*rest}", axum::routing::any(error::no_such_endpoint))
        // Bodies are bounded by each handler that takes one; this is for the JSON ones.
        .layer(DefaultBodyLimit::max(64 * 1024))
}

fn health_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(health::live::live))
        .routes(routes!(health::ready::ready))
        .routes(routes!(health::report::health))
        .routes(routes!(health::report::health_check))
}

fn account_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(auth::setup::setup_needed, auth::setup::set_up))
        .routes(routes!(auth::login::log_in))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::log_out))
        .routes(routes!(auth::logout_everywhere::log_out_everywhere))
        .routes(routes!(auth::me::me, auth::delete_me::delete_me))
        .routes(routes!(auth::change_password::change_password))
        .routes(routes!(auth::forgotten_password::forgotten_password))
        .routes(routes!(auth::reset_password::reset_password))
        .routes(routes!(auth::mfa::begin::begin_mfa))
        .routes(routes!(auth::mfa::confirm::confirm_mfa))
        .routes(routes!(auth::mfa::disable::disable_mfa))
        .routes(routes!(auth::accept_invitation::accept_invitation))
}

fn staff_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(admin::list_staff::list_staff, admin::create_staff::create_staff))
        .routes(routes!(
            admin::show_staff::show_staff,
            admin::update_staff::update_staff,
            admin::delete_staff::delete_staff
        ))
        .routes(routes!(admin::send_password_link::send_password_link))
        .routes(routes!(admin::reset_mfa::reset_mfa))
        .routes(routes!(admin::list_invitations::list_invitations, admin::invite_staff::invite_staff))
        .routes(routes!(admin::withdraw_invitation::withdraw_invitation))
        .routes(routes!(admin::settings::show_settings, admin::settings::change_settings))
        .routes(routes!(admin::statistics::statistics))
        .routes(routes!(admin::list_outbox::list_outbox))
        .routes(routes!(admin::audit::list_audit))
        .routes(routes!(admin::export_audit::export_audit))
        .routes(routes!(admin::list_jobs::list_jobs))
        .routes(routes!(admin::give_up_job::give_up_job))
        .routes(routes!(admin::retry_job::retry_job))
        .routes(routes!(admin::retry_dead_jobs::retry_dead_jobs))
        .routes(routes!(admin::integrations::integrations))
        .routes(routes!(admin::system::system))
}

fn event_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(organiser::list_events::list_events, organiser::create_event::create_event))
        .routes(routes!(
            organiser::show_event::show_event,
            organiser::update_event::update_event,
            organiser::delete_event::delete_event
        ))
        .routes(routes!(
            organiser::list_event_staff::list_event_staff,
            organiser::add_event_staff::add_event_staff
        ))
        .routes(routes!(organiser::assign_staff::assign_staff, organiser::unassign_staff::unassign_staff))
        .routes(routes!(organiser::event_statistics::event_statistics))
        .routes(routes!(organiser::reindex::reindex, organiser::cancel_reindex::cancel_reindex))
        .routes(routes!(photographer::upload_photos::upload_photos, photographer::list_photos::list_photos))
        .routes(routes!(photographer::photo_actions::act_on_photos))
        .routes(routes!(photographer::retry_photo::retry_photo))
        .routes(routes!(photographer::retry_failed::retry_failed))
        .routes(routes!(media::zip_event::zip_event))
        .routes(routes!(photographer::progress::progress))
}

fn looks_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(organiser::put_image::put_image, organiser::delete_image::delete_image))
        .routes(routes!(organiser::put_watermark::put_watermark))
        .routes(routes!(organiser::preview_watermark::preview_watermark))
        .routes(routes!(organiser::packs::list_packs::list_packs, organiser::packs::create_pack::create_pack))
        .routes(routes!(organiser::packs::show_pack::show_pack, organiser::packs::delete_pack::delete_pack))
        .routes(routes!(organiser::export_statistics::export_statistics))
        .routes(routes!(organiser::export_attendees::export_attendees))
        .routes(routes!(photographer::wall::wall))
        .routes(routes!(media::serve_image::serve_image))
}

fn upload_routes() -> OpenApiRouter<Web> {
    let known = OpenApiRouter::new()
        .routes(routes!(photographer::known_photos::known_photos))
        .layer(DefaultBodyLimit::max(photographer::known_photos::BODY_BYTES_MAX));
    let tus = OpenApiRouter::new()
        .routes(routes!(
            photographer::uploads::options::upload_options,
            photographer::uploads::create::create_upload
        ))
        .routes(routes!(
            photographer::uploads::show::show_upload,
            photographer::uploads::append::append_to_upload,
            photographer::uploads::terminate::end_upload
        ))
        .layer(axum::middleware::map_response(photographer::uploads::answer_version));
    OpenApiRouter::new()
        .routes(routes!(
            photographer::batches::list_batches::list_batches,
            photographer::batches::create_batch::create_batch
        ))
        .routes(routes!(photographer::batches::show_batch::show_batch))
        .routes(routes!(photographer::batches::progress::batch_progress))
        .merge(known)
        .merge(tus)
}

fn attendee_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(organiser::list_attendees::list_attendees))
        .routes(routes!(organiser::import_attendees::import_attendees))
        .routes(routes!(organiser::delete_attendee::delete_attendee))
        .routes(routes!(photographer::create_attendee::create_attendee))
        .routes(routes!(organiser::create_attendee::create_attendee))
        .routes(routes!(admin::create_attendee::create_attendee))
        .routes(routes!(attendee::register::register))
        .routes(routes!(attendee::show_event::show_event))
        .routes(routes!(attendee::enter::enter))
        .routes(routes!(attendee::forget_visit::forget_visit))
        .routes(routes!(attendee::search::search))
        .routes(routes!(attendee::matches::matches))
        .routes(routes!(attendee::verdicts::give_verdict, attendee::verdicts::take_verdict_back))
        .routes(routes!(attendee::favourites::list_favourites))
        .routes(routes!(attendee::favourites::add_favourite, attendee::favourites::remove_favourite))
        .routes(routes!(attendee::photos::browse))
        .routes(routes!(attendee::news::news))
        .routes(routes!(
            attendee::template::keep_template,
            attendee::template::change_template,
            attendee::template::delete_template
        ))
        .routes(routes!(attendee::my_data::my_data))
        .routes(routes!(attendee::delete_face_data::delete_face_data))
        .routes(routes!(attendee::hide_me::hide_me))
        .routes(routes!(media::serve::serve))
        .routes(routes!(media::zip_selection::zip_selection))
}
