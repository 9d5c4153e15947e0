//! `GET /api/attendee/events/{event}/favourites` and `PUT|DELETE …/{photo_id}`: the photos that a visitor marks.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use store::visible;
use utoipa::ToSchema;

use super::must_see;
use super::photo::VisitorPhoto;
use crate::Web;
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::{PhotoInPath, Visiting};

/// The photos that the visitor marked, by the time they were taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Favourites {
    photos: Vec<VisitorPhoto>,
}

/// The visitor's favourites, by the time they were taken.
#[utoipa::path(get, path = "/api/attendee/events/{event}/favourites", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 200, body = Favourites)))]
pub async fn list_favourites(
    Visiting(guest): Visiting,
    State(web): State<Web>,
) -> Result<Json<Favourites>, Problem> {
    let (event, web) = (&guest.event, guest.addresses(web));
    let found = match guest.visitor_id() {
        Some(id) => visible::favourites(&mut *web.store.begin().await?, event.event_id, id).await?,
        None => Vec::new(),
    };
    let photos = found.iter().map(|photo| VisitorPhoto::new(photo, event, &web)).collect();
    Ok(Json(Favourites { photos }))
}

/// Marks a photo.
#[utoipa::path(put, path = "/api/attendee/events/{event}/favourites/{photo_id}", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = String, Path)),
    responses((status = 204)))]
pub async fn add_favourite(
    Visiting(guest): Visiting,
    PhotoInPath(photo_id): PhotoInPath,
    State(web): State<Web>,
    context: Context,
) -> Result<(StatusCode, HeaderMap), Problem> {
    must_see(&web, &guest, photo_id).await?;
    let known = guest.or_new(&web, &context).await?;
    let (event_id, visitor_id) = (guest.event.event_id, known.visitor.visitor_id);
    let mut tx = web.store.begin().await?;
    store::favourite::insert(&mut tx, event_id, visitor_id, photo_id, web.clock.now()).await?;
    commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, known.headers))
}

/// Takes a mark back.
#[utoipa::path(delete, path = "/api/attendee/events/{event}/favourites/{photo_id}", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = String, Path)),
    responses((status = 204)))]
pub async fn remove_favourite(
    Visiting(guest): Visiting,
    PhotoInPath(photo_id): PhotoInPath,
    State(web): State<Web>,
) -> Result<StatusCode, Problem> {
    if let Some(visitor_id) = guest.visitor_id() {
        let mut tx = web.store.begin().await?;
        store::favourite::delete(&mut tx, guest.event.event_id, visitor_id, photo_id).await?;
        commit(tx).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
