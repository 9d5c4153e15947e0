//! `POST /api/events/{event}/photos/retry`: all failed photos are read again.

use axum::Json;
use axum::extract::State;
use domain::BatchId;
use serde::{Deserialize, Serialize};
use store::Store;
use utoipa::{IntoParams, ToSchema};

use crate::error::{Code, Problem, commit};
use crate::extract::{EventStaff, Params};

/// Which photos.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfBatch {
    /// Only those of this batch.
    #[param(value_type = Option<uuid::Uuid>)]
    batch: Option<BatchId>,
}

/// How many photos will be read again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Retried {
    retried: u64,
}

/// Reads all failed photos again, of the event or of one batch.
#[utoipa::path(post, path = "/api/events/{event}/photos/retry", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), OfBatch),
    responses((status = 200, body = Retried)))]
pub async fn retry_failed(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    Params(OfBatch { batch }): Params<OfBatch>,
) -> Result<Json<Retried>, Problem> {
    let mut tx = store.begin().await?;
    let change = store::event::next_change(&mut tx, event.event_id).await?.ok_or(Code::EventNotFound)?;
    let retried = store::photo::retry_failed(&mut tx, event.event_id, batch, change).await?;
    store::listen::tell(&mut tx, event.event_id).await?;
    commit(tx).await?;
    Ok(Json(Retried { retried }))
}
