//! The event that a request is about, and who may ask about it.

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{EventId, Role, Slug};
use store::Store;
use store::event::Event;

use super::signed_in::{Principal, Staff};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem};

/// The event named by the path's `{event}`: its slug or its id. Anybody may ask.
#[derive(Debug)]
pub struct InEvent(pub Event);

/// A member of staff who works at the path's event, or an admin. For all others the event does not exist.
#[derive(Debug)]
pub struct EventStaff {
    /// Who asks.
    pub user: Principal,
    /// About which event.
    pub event: Event,
}

/// An organiser of the path's event, or an admin.
#[derive(Debug)]
pub struct EventManager {
    /// Who asks.
    pub user: Principal,
    /// About which event.
    pub event: Event,
}

impl<S> FromRequestParts<S> for InEvent
where
    S: Send + Sync,
    Store: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Code::EventNotFound)?;
        let name = params.iter().find(|(key, _)| *key == "event").map_or("", |(_, value)| value);
        let mut tx = Store::from_ref(state).begin().await?;
        let event = named(&mut tx, name).await?.ok_or(Code::EventNotFound)?;
        Context::of(&parts.extensions)?.at_event(event.event_id);
        Ok(Self(event))
    }
}

/// The event with this slug or id.
pub(crate) async fn named(db: &mut store::Connection, name: &str) -> Result<Option<Event>, Problem> {
    if let Ok(event_id) = name.parse::<EventId>() {
        Ok(store::event::by_id(db, event_id).await?)
    } else if let Ok(slug) = Slug::parse(name) {
        Ok(store::event::by_slug(db, &slug).await?)
    } else {
        Ok(None)
    }
}

impl<S> FromRequestParts<S> for EventStaff
where
    S: Send + Sync,
    Web: FromRef<S>,
    Store: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Staff(user) = Staff::from_request_parts(parts, state).await?;
        let InEvent(event) = InEvent::from_request_parts(parts, state).await?;
        if user.role != Role::Admin {
            let mut tx = Store::from_ref(state).begin().await?;
            if !store::event_staff::is_assigned(&mut tx, event.event_id, user.user_id()).await? {
                return Err(Code::EventNotFound.into());
            }
        }
        Ok(Self { user, event })
    }
}

impl<S> FromRequestParts<S> for EventManager
where
    S: Send + Sync,
    Web: FromRef<S>,
    Store: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let EventStaff { user, event } = EventStaff::from_request_parts(parts, state).await?;
        if user.may_manage_events() { Ok(Self { user, event }) } else { Err(Code::Forbidden.into()) }
    }
}
