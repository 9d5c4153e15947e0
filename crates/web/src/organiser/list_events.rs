//! `GET /api/events`: a page of the events that somebody works at.

use axum::Json;
use axum::extract::State;
use domain::Role;
use serde::{Deserialize, Serialize};
use store::Store;
use store::event::Filter;
use utoipa::{IntoParams, ToSchema};

use super::Event;
use crate::error::Problem;
use crate::extract::{Params, Staff};
use crate::page;

/// Which events to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventFilter {
    /// Only those whose name or address has this in it.
    q: Option<String>,
    /// `created_at`, newest first (when not given), or `name`.
    sort: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    events: Vec<Event>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists the events that whoever asks works at; for admins, all.
#[utoipa::path(get, path = "/api/events", tag = "events", params(EventFilter),
    responses((status = 200, body = Events)))]
pub async fn list_events(
    Staff(user): Staff,
    State(store): State<Store>,
    Params(asked): Params<EventFilter>,
) -> Result<Json<Events>, Problem> {
    let filter = Filter {
        worked_by: (user.role != Role::Admin).then(|| user.user_id()),
        text: page::text(asked.q.as_deref())?,
        order: page::order(asked.sort.as_deref(), "created_at", asked.after.as_deref())?,
        limit: page::limit(asked.limit),
    };
    let mut tx = store.begin().await?;
    let found = store::event::list(&mut tx, &filter).await?;
    let next =
        page::next(&found, filter.limit, &filter.order, |row| (&row.name, row.created_at, row.event_id.0));
    let ids: Vec<_> = found.iter().map(|event| event.event_id).collect();
    let counts = store::photo::counts_of(&mut tx, &ids).await?;
    let reindexes = store::reindex::progress_of(&mut tx, &ids).await?;
    let images = store::event_image::of(&mut tx, &ids).await?;
    let may_manage = user.may_manage_events();
    let rows = found.into_iter().zip(counts).zip(reindexes);
    let events =
        rows.map(|((event, counts), reindex)| Event::new(event, counts, reindex, &images, may_manage));
    Ok(Json(Events { events: events.collect(), next }))
}
