//! `GET /api/events/{event}/watermark/preview`: a photo of the event with a watermark that is being chosen.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use blobs::BlobKey;
use bytes::Bytes;
use domain::{Corner, PhotoId, PhotoState, Rendition};
use recognizer::Drawing;
use serde::Deserialize;
use store::event::{Event, Watermark};
use store::photo::Photo;
use store::photo_list::{self, Filter};
use utoipa::IntoParams;

use super::watermark::{checked_opacity, checked_text};
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::{EventStaff, Params};
use crate::media::marked::Marking;

/// Which photo, and which watermark; what is left out is as the event has it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// The photo; the newest one that is ready when not given, and a plain grey picture where there is none.
    #[param(value_type = Option<uuid::Uuid>)]
    photo_id: Option<PhotoId>,
    /// A line of text, at most 80 characters; empty for none.
    text: Option<String>,
    /// Whether the event's logo is drawn.
    logo: Option<bool>,
    /// `top_left`, `top_right`, `bottom_left`, `bottom_right` or `centre`.
    #[param(value_type = Option<String>, example = "bottom_right")]
    corner: Option<Corner>,
    /// 0.1 to 1.
    opacity: Option<f32>,
}

impl Shown {
    fn over(&self, stored: &Watermark) -> Result<Watermark, Problem> {
        let text = match &self.text {
            Some(text) => checked_text(text)?,
            None => stored.text.clone(),
        };
        Ok(Watermark {
            enabled: true,
            text,
            logo: self.logo.unwrap_or(stored.logo),
            corner: self.corner.unwrap_or(stored.corner),
            opacity: checked_opacity(self.opacity.unwrap_or(stored.opacity))?,
        })
    }
}

/// A photo of the event as visitors would get it with this watermark.
#[utoipa::path(get, path = "/api/events/{event}/watermark/preview", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), Shown),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>)))]
pub async fn preview_watermark(
    EventStaff { event, .. }: EventStaff,
    State(web): State<Web>,
    Params(shown): Params<Shown>,
) -> Result<Response, Problem> {
    let watermark = shown.over(&event.watermark)?;
    let mut tx = web.store.begin().await?;
    let photo = photo(&mut tx, &event, shown.photo_id).await?;
    let marking = Marking::with(&mut tx, event.event_id, &watermark).await?;
    drop(tx);
    let preview = preview(&web, &event, photo).await?;
    let drawing = match marking {
        Some(marking) => marking.drawing(&web.store, &web.blobs).await?,
        None => Drawing { text: None, logo: None, corner: watermark.corner, opacity: watermark.opacity },
    };
    let jpeg = web.marked.try_out(preview, drawing).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "no-store")], jpeg).into_response())
}

/// The photo that is asked for, or the newest one that is ready.
async fn photo(
    db: &mut store::Connection,
    event: &Event,
    photo_id: Option<PhotoId>,
) -> Result<Option<Photo>, Problem> {
    let Some(photo_id) = photo_id else {
        let ready = Filter { state: Some(PhotoState::Ready), ..Filter::default() };
        return Ok(photo_list::list(db, event.event_id, &ready, None, 1).await?.pop());
    };
    let photo = store::photo::by_id(db, event.event_id, photo_id).await?;
    let ready = photo.filter(|photo| photo.state == PhotoState::Ready);
    Ok(Some(ready.ok_or(Code::PhotoNotFound)?))
}

async fn preview(web: &Web, event: &Event, photo: Option<Photo>) -> Result<Option<Bytes>, Problem> {
    match photo {
        Some(photo) => {
            Ok(web.blobs.get(&BlobKey::new(event.event_id, photo.sha256, Rendition::Preview)).await?)
        }
        None => Ok(None),
    }
}
