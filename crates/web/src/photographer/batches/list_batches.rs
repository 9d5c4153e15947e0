//! `GET /api/events/{event}/batches`: a page of the event's batches.

use axum::Json;
use axum::extract::State;
use domain::BatchId;
use serde::{Deserialize, Serialize};
use store::Store;
use store::page::Order;
use utoipa::{IntoParams, ToSchema};

use super::Batch;
use crate::error::Problem;
use crate::extract::{EventStaff, Params};
use crate::page;

/// Which batches to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BatchFilter {
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of batches, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Batches {
    batches: Vec<Batch>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists batches, newest first.
#[utoipa::path(get, path = "/api/events/{event}/batches", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), BatchFilter),
    responses((status = 200, body = Batches)))]
pub async fn list_batches(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    Params(asked): Params<BatchFilter>,
) -> Result<Json<Batches>, Problem> {
    let limit = page::limit(asked.limit);
    let after = page::after_time(asked.after.as_deref())?;
    let mut tx = store.begin().await?;
    let found = store::batch::list(&mut tx, event.event_id, after, limit).await?;
    let order = Order::Newest(after);
    let next = page::next(&found, limit, &order, |row| (&row.name, row.created_at, row.batch_id.0));
    let ids: Vec<BatchId> = found.iter().map(|batch| batch.batch_id).collect();
    let counts = store::photo::counts_of_batches(&mut tx, event.event_id, &ids).await?;
    let batches = found.into_iter().zip(counts).map(|(batch, counts)| Batch::new(batch, counts)).collect();
    Ok(Json(Batches { batches, next }))
}
