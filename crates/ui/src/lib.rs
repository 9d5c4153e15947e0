//! The web pages: a Svelte app in `web/`, built by `build.rs`, embedded, and served from memory.
//!
//! ```text
//! /assets/…        files with a hash in their name: cached for ever; an unknown one is 404
//! /favicon.svg     other files of the build: asked for again each time, by ETag
//! /e/gala          an event: event.html, which is index.html with the names of what the attendee's page needs, and a header
//!                  that names the event's own address in the API
//! /, /events, …     every other address without a dot is a page of the app: index.html
//! /api/…           never answered here, but with 404
//! ```
//!
//! ## Why
//! The pages are part of the binary, so one file is the whole product and page and API are always of one version.
//! Brotli and gzip variants are made once, at build time: no request pays for compression, and maximum effort costs nobody
//! anything. `index.html` alone decides which assets a browser loads, so it alone must never be stale.

mod answer;
mod asset;
mod negotiate;

use axum::Router;
use axum::http::{HeaderMap, Method, Uri};

pub use answer::serve;

/// Routes every address that nothing else claims to the pages. Merge it into the router of the API.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .fallback(async |method: Method, uri: Uri, headers: HeaderMap| serve(&method, uri.path(), &headers))
}
