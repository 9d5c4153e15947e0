//! `PUT /api/attendee/me/hidden`: a person is seen by themselves and staff only.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::must_be_kept_here;
use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::{Attendee, Body};

/// The wish.
#[derive(Deserialize, ToSchema)]
pub struct HiddenForm {
    /// Whether photos that surely show the person are kept from all others but staff.
    hidden: bool,
}

/// Hides the photos that surely show the person, and those of which they said so, from everybody else; or no longer. It
/// takes a kept face that the event's photos can be compared with, so that new photos are hidden too.
#[utoipa::path(put, path = "/api/attendee/me/hidden", tag = "attendees", request_body = HiddenForm,
    responses((status = 204)))]
pub async fn hide_me(
    attendee: Attendee,
    State(web): State<Web>,
    Body(form): Body<HiddenForm>,
) -> Result<StatusCode, Problem> {
    let event_id = attendee.event_id;
    let mut tx = web.store.begin().await?;
    store::event::next_change(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let visitor = store::visitor::by_user(&mut tx, event_id, attendee.user_id).await?;
    let Some(visitor_id) = visitor.map(|visitor| visitor.visitor_id) else {
        return if form.hidden { Err(Code::TemplateNeeded.into()) } else { Ok(StatusCode::NO_CONTENT) };
    };
    if form.hidden {
        let event = store::event::by_id(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
        must_be_kept_here(&event)?;
        let kept = store::template::of(&mut tx, event_id, visitor_id).await?;
        kept.filter(|kept| kept.pack == event.pack).ok_or(Code::TemplateNeeded)?;
    }
    store::hidden::set(&mut tx, event_id, visitor_id, form.hidden).await?;
    store::listen::tell(&mut tx, event_id).await?;
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
