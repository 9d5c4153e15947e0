//! `PATCH /api/events/{event}`: the event changes.

use axum::Json;
use axum::extract::State;
use domain::EventName;
use serde::{Deserialize, Deserializer};
use store::Store;
use store::event::{Change, Day};
use store::quota::Allowance;
use utoipa::ToSchema;

use super::{Event, checked_day, day, reindex_of};
use crate::accounts::fields;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventManager};

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct EventChange {
    /// 1 to 120 characters. The event's address stays, so that printed codes go on to work.
    name: Option<String>,
    /// The day it takes place; null forgets it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Option<Day>,
    /// Whether faces may be searched.
    recognition_enabled: Option<bool>,
    /// How many bytes its photos may have; null: as many as fit.
    #[serde(default, deserialize_with = "fields::allowance")]
    #[schema(value_type = Option<u64>)]
    bytes_max: Option<Allowance>,
}

/// Tells null from left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
    let date = day::option::deserialize(deserializer)?;
    Ok(Some(date.map_or(Day::Unknown, Day::On)))
}

/// Changes name, day, recognition or allowance.
#[utoipa::path(patch, path = "/api/events/{event}", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = EventChange,
    responses((status = 200, body = Event)))]
pub async fn update_event(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
    Body(form): Body<EventChange>,
) -> Result<Json<Event>, Problem> {
    let name = form.name.as_deref().map(EventName::parse).transpose().map_err(|_| Problem::field("name"))?;
    if let Some(Day::On(day)) = form.held_on {
        checked_day(day)?;
    }
    let change = Change {
        name: name.as_ref(),
        held_on: form.held_on,
        recognition_enabled: form.recognition_enabled,
        bytes_max: fields::checked_allowance(form.bytes_max)?,
    };
    let mut tx = store.begin().await?;
    let event = store::event::update(&mut tx, event.event_id, &change).await?.ok_or(Code::EventNotFound)?;
    let counts = store::photo::counts(&mut tx, event.event_id).await?;
    let reindex = reindex_of(&mut tx, &event).await?;
    commit(tx).await?;
    Ok(Json(Event::new(event, counts, reindex, true)))
}
