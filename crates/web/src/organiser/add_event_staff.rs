//! `POST /api/events/{event}/staff`: somebody works at the event from now on, by their e-mail.

use axum::Json;
use axum::extract::State;
use domain::Role;
use serde::Deserialize;
use store::event_staff::Member;
use utoipa::ToSchema;

use super::list_event_staff::EventMember;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventManager};

/// Who is to work at the event.
#[derive(Deserialize, ToSchema)]
pub struct EventMemberForm {
    /// Of a photographer or an organiser.
    email: String,
}

/// Assigns a photographer or an organiser to the event, by their e-mail. Organisers manage it from then on.
#[utoipa::path(post, path = "/api/events/{event}/staff", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = EventMemberForm,
    responses((status = 200, body = EventMember)))]
pub async fn add_event_staff(
    EventManager { event, .. }: EventManager,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<EventMemberForm>,
) -> Result<Json<EventMember>, Problem> {
    let email = crate::accounts::fields::email(&form.email)?;
    let mut tx = web.store.begin().await?;
    let staff = store::staff::by_login(&mut tx, email.as_str()).await?;
    // Admins work at every event already.
    let staff = staff.filter(|staff| staff.role != Role::Admin).ok_or(Code::UserNotFound)?;
    context.about(staff.user_id.0);
    if !store::event_staff::assign(&mut tx, event.event_id, staff.user_id, web.clock.now()).await? {
        return Err(Code::UserNotFound.into());
    }
    commit(tx).await?;
    let member = Member { user_id: staff.user_id, role: staff.role, name: staff.name, email: staff.email };
    Ok(Json(member.into()))
}
