//! The event that a request is about.

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{EventId, Slug};
use store::Store;
use store::event::Event;

use crate::error::{Code, Problem};

/// The event named by the path's `{event}`: its slug or its id.
#[derive(Debug)]
pub struct InEvent(pub Event);

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
        let event = if let Ok(event_id) = name.parse::<EventId>() {
            store::event::by_id(&mut tx, event_id).await?
        } else if let Ok(slug) = Slug::parse(name) {
            store::event::by_slug(&mut tx, &slug).await?
        } else {
            None
        };
        event.map(Self).ok_or_else(|| Code::EventNotFound.into())
    }
}
