//! A photo, as visitors see it: how it is shown, and where its copies are.

use domain::{Band, Digest, Rendition};
use serde::Serialize;
use store::event::Event;
use store::visible::SeenPhoto;
use time::PrimitiveDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Web;
use crate::media::marked::visitor_rendition;
use crate::media::sign::SignedUrls;

/// A photo, as visitors see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitorPhoto {
    photo_id: Uuid,
    width_px: Option<i32>,
    height_px: Option<i32>,
    /// When the camera says it was taken, in its local time.
    #[serde(with = "local::option")]
    #[schema(value_type = Option<String>, example = "2026-11-20T21:05:00")]
    taken_at: Option<PrimitiveDateTime>,
    thumb_url: String,
    preview_url: String,
    /// The preview, as a file to keep.
    download_url: String,
    /// Whether it is one of the visitor's favourites.
    favourite: bool,
}

/// A photo that the person is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundPhoto {
    #[serde(flatten)]
    photo: VisitorPhoto,
    /// `sure` or `maybe`.
    #[schema(value_type = String, example = "sure")]
    pub(crate) band: Band,
    /// How alike: a cosine similarity; 1 where only the person's own word says that it is them.
    score: f32,
    /// What the person said: that it is them, that it is not, or nothing.
    verdict: Option<bool>,
}

time::serde::format_description!(local, PrimitiveDateTime, "[year]-[month]-[day]T[hour]:[minute]:[second]");

impl FoundPhoto {
    pub(crate) fn new(photo: &SeenPhoto, band: Band, score: f32, event: &Event, web: &Web) -> Self {
        Self { photo: VisitorPhoto::new(photo, event, web), band, score, verdict: photo.is_me }
    }
}

impl VisitorPhoto {
    pub(crate) fn new(photo: &SeenPhoto, event: &Event, web: &Web) -> Self {
        let Addresses { thumb, preview, download } =
            addresses(&web.urls, event, photo.sha256, web.clock.unix_seconds());
        Self {
            photo_id: photo.photo_id.0,
            width_px: photo.width_px,
            height_px: photo.height_px,
            taken_at: photo.taken_at,
            thumb_url: thumb,
            preview_url: preview,
            download_url: download,
            favourite: photo.favourite,
        }
    }
}

/// Where a visitor gets a photo.
struct Addresses {
    thumb: String,
    preview: String,
    download: String,
}

/// The addresses that visitors are given of a photo. Whatever they see or keep, they have it from here.
fn addresses(urls: &SignedUrls, event: &Event, sha256: Digest, now: i64) -> Addresses {
    let (event_id, large) = (event.event_id, visitor_rendition(event));
    Addresses {
        thumb: urls.url(event_id, sha256, Rendition::Thumb, now),
        preview: urls.url(event_id, sha256, large, now),
        download: urls.download_url(event_id, sha256, large, now),
    }
}
