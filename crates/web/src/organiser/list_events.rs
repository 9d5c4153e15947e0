//! `GET /api/events`: all events.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::Store;
use utoipa::ToSchema;

use super::Event;
use crate::error::Problem;
use crate::extract::Staff;

/// Newest events shown.
const EVENTS_MAX: i64 = 500;

/// Events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    events: Vec<Event>,
}

/// The events, newest first, at most 500.
#[utoipa::path(get, path = "/api/events", tag = "events",
    responses((status = 200, body = Events), (status = 401, body = crate::error::ProblemBody)))]
pub async fn list_events(_: Staff, State(store): State<Store>) -> Result<Json<Events>, Problem> {
    let mut tx = store.begin().await?;
    let mut events = Vec::new();
    for event in store::event::list(&mut tx, EVENTS_MAX).await? {
        let counts = store::photo::counts(&mut tx, event.event_id).await?;
        events.push(Event::new(event, counts));
    }
    Ok(Json(Events { events }))
}
