//! `POST /api/photographer/events/{event}/attendees`: a photographer makes an attendee's account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::Web;
use crate::accounts::attendee_form::{Attendee, AttendeeForm, create};
use crate::context::Context;
use crate::error::Problem;
use crate::extract::{Body, EventStaff, InLanguage, Photographer};

/// Makes an attendee's account at an event of the photographer's.
#[utoipa::path(post, path = "/api/photographer/events/{event}/attendees", tag = "attendees",
    operation_id = "create_attendee_as_photographer", params(("event" = String, Path, description = "Slug or id")),
    request_body = AttendeeForm, responses((status = 201, body = Attendee)))]
pub async fn create_attendee(
    _: Photographer,
    EventStaff { user, event }: EventStaff,
    State(web): State<Web>,
    context: Context,
    InLanguage(language): InLanguage,
    Body(form): Body<AttendeeForm>,
) -> Result<(StatusCode, Json<Attendee>), Problem> {
    let attendee = create(&web, &context, &event, user.user_id(), language, form).await?;
    Ok((StatusCode::CREATED, Json(attendee)))
}
