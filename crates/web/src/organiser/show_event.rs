//! `GET /api/events/{event}`: one event.

use axum::Json;
use axum::extract::State;
use store::Store;

use super::Event;
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
    Ok(Json(Event::read(&mut tx, event, user.may_manage_events()).await?))
}
