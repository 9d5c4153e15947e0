//! `GET /api/events/{event}/statistics`: the event in figures.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::Store;
use utoipa::ToSchema;

use super::Counts;
use crate::error::Problem;
use crate::extract::EventStaff;

/// An event in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventStatistics {
    photos: Counts,
    /// Accounts of attendees.
    attendees: i64,
    /// How often somebody searched.
    searches: i64,
}

/// The event in figures.
#[utoipa::path(get, path = "/api/events/{event}/statistics", tag = "events",
    params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = EventStatistics)))]
pub async fn event_statistics(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
) -> Result<Json<EventStatistics>, Problem> {
    let mut tx = store.begin().await?;
    Ok(Json(EventStatistics {
        photos: store::photo::counts(&mut tx, event.event_id).await?.into(),
        attendees: store::attendee::count(&mut tx, event.event_id).await?,
        searches: store::statistics::searches(&mut tx, event.event_id).await?,
    }))
}
