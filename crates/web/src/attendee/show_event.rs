//! `GET /api/attendee/events/{event}`: what the event's page needs before a search.

use axum::Json;
use axum::extract::State;
use domain::Slug;
use serde::Serialize;
use store::Store;
use time::Date;
use utoipa::ToSchema;

use super::CONSENT_VERSION;
use crate::error::Problem;
use crate::extract::InEvent;
use crate::organiser::day;

/// An event, as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicEvent {
    #[schema(value_type = String)]
    slug: Slug,
    name: String,
    #[serde(with = "day::option")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Option<Date>,
    recognition_enabled: bool,
    /// Photos that a search can find.
    photos_ready: i64,
    /// The version of the consent that a search needs.
    consent_version: &'static str,
}

/// What the event's page shows before a search.
#[utoipa::path(get, path = "/api/attendee/events/{event}", tag = "attendees", params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = PublicEvent)),
    operation_id = "show_public_event")]
pub async fn show_event(
    InEvent(event): InEvent,
    State(store): State<Store>,
) -> Result<Json<PublicEvent>, Problem> {
    let mut tx = store.begin().await?;
    let counts = store::photo::counts(&mut tx, event.event_id).await?;
    Ok(Json(PublicEvent {
        slug: event.slug,
        name: event.name,
        held_on: event.held_on,
        recognition_enabled: event.recognition_enabled,
        photos_ready: counts.ready,
        consent_version: CONSENT_VERSION,
    }))
}
