//! `GET /api/events/{event}/wall`: photos for a screen at the event.

use axum::Json;
use axum::extract::State;
use domain::{Clock, Rendition};
use serde::{Deserialize, Serialize};
use store::Store;
use store::photo::Photo;
use store::wall::Cursor;
use time::PrimitiveDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::{EventStaff, Params};
use crate::media::marked::visitor_rendition;
use crate::media::sign::SignedUrls;
use crate::page::{self, camera_time};

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Place {
    /// `next` of the page before.
    after: Option<String>,
    /// Photos per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of the wall.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wall {
    photos: Vec<WallPhoto>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// A photo that everybody may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct WallPhoto {
    photo_id: Uuid,
    width_px: Option<i32>,
    height_px: Option<i32>,
    /// When it was taken, in the camera's local time.
    #[serde(with = "camera_time::option")]
    #[schema(value_type = Option<String>, example = "2026-06-20T14:03:22")]
    taken_at: Option<PrimitiveDateTime>,
    thumb_url: String,
    /// With the event's watermark, where it has one.
    preview_url: String,
}

/// The photos that everybody may see, what became ready or was published last first. Photos of people who chose to be
/// hidden are not among them.
#[utoipa::path(get, path = "/api/events/{event}/wall", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), Place), responses((status = 200, body = Wall)))]
pub async fn wall(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(urls): State<SignedUrls>,
    Params(place): Params<Place>,
) -> Result<Json<Wall>, Problem> {
    let after = place.after.as_deref().map(cursor).transpose()?;
    let limit = page::limit(place.limit);
    let found = store::wall::page(&mut *store.begin().await?, event.event_id, after, limit).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(|last| format!("{}_{}", last.change, last.photo_id));
    let now = clock.unix_seconds();
    let shown = |photo: Photo| {
        let url = |rendition| urls.url(event.event_id, photo.sha256, rendition, now);
        WallPhoto {
            photo_id: photo.photo_id.0,
            width_px: photo.width_px,
            height_px: photo.height_px,
            taken_at: photo.taken_at,
            thumb_url: url(Rendition::Thumb),
            preview_url: url(visitor_rendition(&event)),
        }
    };
    Ok(Json(Wall { photos: found.into_iter().map(shown).collect(), next }))
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    let parse = || {
        let (change, photo_id) = text.split_once('_')?;
        Some(Cursor { change: change.parse().ok()?, photo_id: photo_id.parse().ok()? })
    };
    parse().ok_or_else(|| Problem::field("after"))
}
