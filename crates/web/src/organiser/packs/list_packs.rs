//! `GET /api/events/{event}/packs`: the event's packs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{Store, access_pack};
use utoipa::ToSchema;

use super::Pack;
use crate::error::Problem;
use crate::extract::EventManager;

/// The packs of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Packs {
    packs: Vec<Pack>,
}

/// Lists the event's packs, newest first.
#[utoipa::path(get, path = "/api/events/{event}/packs", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), responses((status = 200, body = Packs)))]
pub async fn list_packs(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
) -> Result<Json<Packs>, Problem> {
    let packs = access_pack::list(&mut *store.begin().await?, event.event_id).await?;
    Ok(Json(Packs { packs: packs.into_iter().map(Pack::from).collect() }))
}
