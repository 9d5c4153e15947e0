//! `GET /api/events/{event}/attendees`: a page of the event's attendees.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Store;
use store::attendee::Filter;
use utoipa::{IntoParams, ToSchema};

use crate::accounts::attendee_form::Attendee;
use crate::error::Problem;
use crate::extract::{EventStaff, Params};
use crate::page;

/// Which attendees to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttendeeFilter {
    /// Only those whose name, e-mail or user name has this in it.
    q: Option<String>,
    /// `name` (when not given) or `created_at`, newest first.
    sort: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of attendees.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attendees {
    attendees: Vec<Attendee>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists the accounts of an event.
#[utoipa::path(get, path = "/api/events/{event}/attendees", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), AttendeeFilter),
    responses((status = 200, body = Attendees)))]
pub async fn list_attendees(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    Params(asked): Params<AttendeeFilter>,
) -> Result<Json<Attendees>, Problem> {
    let filter = Filter {
        text: page::text(asked.q.as_deref())?,
        order: page::order(asked.sort.as_deref(), "name", asked.after.as_deref())?,
        limit: page::limit(asked.limit),
    };
    let mut tx = store.begin().await?;
    let found = store::attendee::list(&mut tx, event.event_id, &filter).await?;
    let next =
        page::next(&found, filter.limit, &filter.order, |row| (&row.name, row.created_at, row.user_id.0));
    Ok(Json(Attendees { attendees: found.into_iter().map(Attendee::from).collect(), next }))
}
