//! `POST /api/events`: a new event.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Clock, Entropy, EventId, EventName, Role};
use recognizer::Recognizer;
use serde::Deserialize;
use store::Store;
use store::event::NewEvent;
use time::Date;
use utoipa::ToSchema;

use super::{Event, checked_day, day};
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::extract::{Body, EventMaker};

/// What a new event needs.
#[derive(Deserialize, ToSchema)]
pub struct EventForm {
    /// 1 to 120 characters.
    name: String,
    /// The day it takes place.
    #[serde(default, with = "day::option")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Option<Date>,
}

/// Creates an event. Its address is made from its name. An organiser who creates it owns it.
#[utoipa::path(post, path = "/api/events", tag = "events", request_body = EventForm,
    responses((status = 201, body = Event)))]
pub async fn create_event(
    EventMaker(user): EventMaker,
    context: Context,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    State(recognizer): State<Recognizer>,
    Body(form): Body<EventForm>,
) -> Result<(StatusCode, Json<Event>), Problem> {
    let name = EventName::parse(&form.name).map_err(|_| Problem::field("name"))?;
    let new = NewEvent {
        event_id: EventId::from_entropy(&entropy),
        name: &name,
        held_on: form.held_on.map(checked_day).transpose()?,
        pack: recognizer.pack_name(),
        created_by: Some(user.user_id()),
        created_at: clock.now(),
    };
    let mut tx = store.begin().await?;
    let event = store::event::insert(&mut tx, &new).await?;
    if user.role == Role::Organiser {
        store::event_staff::assign(&mut tx, event.event_id, user.user_id(), new.created_at).await?;
    }
    commit(tx).await?;
    context.at_event(event.event_id);
    Ok((StatusCode::CREATED, Json(Event::new(event, store::photo::Counts::default(), None, &[], true))))
}
