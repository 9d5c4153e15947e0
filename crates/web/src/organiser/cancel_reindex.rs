//! `DELETE /api/events/{event}/reindex`: the event stays with the model pack it has.

use axum::extract::State;
use axum::http::StatusCode;
use store::Store;

use crate::error::Problem;
use crate::extract::EventManager;

/// Gives up reading the event's photos with another model pack. Where none is being made, nothing changes.
#[utoipa::path(delete, path = "/api/events/{event}/reindex", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 204)))]
pub async fn cancel_reindex(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    store.cancel_reindex(event.event_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
