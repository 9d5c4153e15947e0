//! `PUT /api/events/{event}/watermark`: what is drawn over the photos that visitors get.

use axum::Json;
use axum::extract::State;
use store::Store;
use store::event_settings::{self, Settings};

use super::watermark::Watermark;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventStaff};

/// Sets the watermark. It counts at once, also for photos that are there already.
#[utoipa::path(put, path = "/api/events/{event}/watermark", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = Watermark,
    responses((status = 200, body = Watermark)))]
pub async fn put_watermark(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    Body(form): Body<Watermark>,
) -> Result<Json<Watermark>, Problem> {
    let watermark = form.checked()?;
    let mut tx = store.begin().await?;
    let before = store::event::lock(&mut tx, event.event_id).await?.ok_or(Code::EventNotFound)?;
    let settings = Settings { watermark: watermark.clone(), ..before.into() };
    event_settings::write(&mut tx, event.event_id, &settings).await?;
    commit(tx).await?;
    Ok(Json(watermark.into()))
}
