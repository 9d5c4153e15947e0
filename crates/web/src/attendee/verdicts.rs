//! `PUT|DELETE /api/attendee/events/{event}/verdicts/{photo_id}`: "this is me", "this is not me".

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::EventId;
use serde::Deserialize;
use store::visitor::Visitor;
use utoipa::ToSchema;

use super::must_see;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, PhotoInPath, Visiting};

/// What a person says of a photo.
#[derive(Deserialize, ToSchema)]
pub struct Verdict {
    /// Whether they are in it.
    is_me: bool,
}

/// Says whether the visitor is in a photo; it goes before what the search says, and in place of what they said before.
#[utoipa::path(put, path = "/api/attendee/events/{event}/verdicts/{photo_id}", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = String, Path)),
    request_body = Verdict, responses((status = 204)))]
pub async fn give_verdict(
    Visiting(guest): Visiting,
    PhotoInPath(photo_id): PhotoInPath,
    State(web): State<Web>,
    context: Context,
    Body(verdict): Body<Verdict>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    must_see(&web, &guest, photo_id).await?;
    let known = guest.or_new(&web, &context).await?;
    let (event_id, now) = (guest.event.event_id, web.clock.now());
    let mut tx = web.store.begin().await?;
    count_change(&mut tx, event_id, &known.visitor).await?;
    store::verdict::set(&mut tx, event_id, known.visitor.visitor_id, photo_id, verdict.is_me, now).await?;
    commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, known.headers))
}

/// Takes back what the visitor said of a photo.
#[utoipa::path(delete, path = "/api/attendee/events/{event}/verdicts/{photo_id}", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ("photo_id" = String, Path)),
    responses((status = 204)))]
pub async fn take_verdict_back(
    Visiting(guest): Visiting,
    PhotoInPath(photo_id): PhotoInPath,
    State(web): State<Web>,
) -> Result<StatusCode, Problem> {
    if let Some(visitor) = &guest.visitor {
        let event_id = guest.event.event_id;
        let mut tx = web.store.begin().await?;
        count_change(&mut tx, event_id, visitor).await?;
        store::verdict::delete(&mut tx, event_id, visitor.visitor_id, photo_id).await?;
        commit(tx).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What a person who is hidden says of a photo changes what others may see, so pages that are open are told. The event
/// comes first, as whoever locks it does it before all else.
async fn count_change(
    db: &mut store::Connection,
    event_id: EventId,
    visitor: &Visitor,
) -> Result<(), Problem> {
    if visitor.hidden {
        store::event::next_change(db, event_id).await?.ok_or(Code::EventNotFound)?;
        store::listen::tell(db, event_id).await?;
    }
    Ok(())
}
