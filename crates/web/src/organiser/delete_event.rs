//! `DELETE /api/events/{event}`: the event ends, and nothing of it stays.

use axum::extract::State;
use axum::http::StatusCode;
use recognizer::Recognizer;
use store::Store;

use crate::MarkedPhotos;
use crate::error::{Code, Problem, commit};
use crate::extract::EventManager;

/// Deletes the event: photos, faces, attendees' accounts and all that belongs to them. Files follow within minutes;
/// nobody can reach them meanwhile.
#[utoipa::path(delete, path = "/api/events/{event}", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 204)))]
pub async fn delete_event(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
    State(recognizer): State<Recognizer>,
    State(marked): State<MarkedPhotos>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !store::event::delete(&mut tx, event.event_id).await? {
        return Err(Code::EventNotFound.into());
    }
    commit(tx).await?;
    recognizer.forget_event(event.event_id);
    marked.forget_event(event.event_id);
    tracing::info!(event_id = %event.event_id, "an event was deleted");
    Ok(StatusCode::NO_CONTENT)
}
