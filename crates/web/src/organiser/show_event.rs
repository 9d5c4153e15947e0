//! `GET /api/events/{event}`: one event.

use axum::Json;
use axum::extract::State;
use store::Store;

use super::{Event, reindex_of};
use crate::error::Problem;
use crate::extract::EventStaff;

/// One event.
#[utoipa::path(get, path = "/api/events/{event}", tag = "events", params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = Event)))]
pub async fn show_event(
    EventStaff { user, event }: EventStaff,
    State(store): State<Store>,
) -> Result<Json<Event>, Problem> {
    let mut tx = store.begin().await?;
    let counts = store::photo::counts(&mut tx, event.event_id).await?;
    let reindex = reindex_of(&mut tx, &event).await?;
    Ok(Json(Event::new(event, counts, reindex, user.may_manage_events())))
}
