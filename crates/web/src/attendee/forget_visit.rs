//! `DELETE /api/attendee/events/{event}/visit`: a browser is forgotten.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::Web;
use crate::auth::{cookie, token};
use crate::error::{Problem, commit};
use crate::extract::{InEvent, refuse_forged};

/// Forgets what this browser keeps at the event without an account, its favourites and what was said of photos, and takes
/// its cookie back. Whoever entered by a code enters it again; a seat of a pack stays taken.
#[utoipa::path(delete, path = "/api/attendee/events/{event}/visit", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 204)))]
pub async fn forget_visit(
    InEvent(event): InEvent,
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap), Problem> {
    refuse_forged(&Method::DELETE, &headers)?;
    if let Some(token) = cookie::visitor(&headers, event.event_id) {
        let nobodys = domain::Digest(web.entropy.bytes());
        let mut tx = web.store.begin().await?;
        store::visitor::forget(&mut tx, event.event_id, token::hash(token), nobodys).await?;
        commit(tx).await?;
    }
    let clear = cookie::clear_visitor(event.event_id, web.settings.https);
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter([(header::SET_COOKIE, clear)])))
}
