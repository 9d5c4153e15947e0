//! `GET /api/events/{event}/staff`: who works at the event.

use axum::Json;
use axum::extract::State;
use domain::Role;
use serde::Serialize;
use store::Store;
use store::event_staff::Member as StoredMember;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::EventManager;

/// Somebody who works at an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventMember {
    user_id: Uuid,
    #[schema(value_type = String, example = "photographer")]
    role: Role,
    name: String,
    email: String,
}

impl From<StoredMember> for EventMember {
    fn from(stored: StoredMember) -> Self {
        let StoredMember { user_id, role, name, email } = stored;
        Self { user_id: user_id.0, role, name, email }
    }
}

/// Everybody who works at an event, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventMembers {
    staff: Vec<EventMember>,
}

/// Lists the organisers and photographers of an event.
#[utoipa::path(get, path = "/api/events/{event}/staff", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 200, body = EventMembers)))]
pub async fn list_event_staff(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
) -> Result<Json<EventMembers>, Problem> {
    let mut tx = store.begin().await?;
    let staff = store::event_staff::list(&mut tx, event.event_id).await?;
    Ok(Json(EventMembers { staff: staff.into_iter().map(EventMember::from).collect() }))
}
