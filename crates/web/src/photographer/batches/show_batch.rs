//! `GET /api/events/{event}/batches/{batch_id}`: how far a batch is.

use axum::Json;
use axum::extract::State;
use store::Store;

use super::{Batch, rejected};
use crate::error::{Code, Problem};
use crate::extract::{BatchInPath, EventStaff, InLanguage};

/// Most rejected files that are told of.
const REJECTED_MAX: i64 = 1000;

/// Says how far a batch is, and which of its files are no photos.
#[utoipa::path(get, path = "/api/events/{event}/batches/{batch_id}", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("batch_id" = Uuid, Path)),
    responses((status = 200, body = Batch)))]
pub async fn show_batch(
    EventStaff { event, .. }: EventStaff,
    BatchInPath(batch_id): BatchInPath,
    State(store): State<Store>,
    InLanguage(language): InLanguage,
) -> Result<Json<Batch>, Problem> {
    let event_id = event.event_id;
    let mut tx = store.begin().await?;
    let batch = store::batch::by_id(&mut tx, event_id, batch_id).await?.ok_or(Code::BatchNotFound)?;
    let counts = store::photo::counts_of_batches(&mut tx, event_id, &[batch_id]).await?.pop();
    let rejections = store::rejection::list(&mut tx, event_id, batch_id, REJECTED_MAX).await?;
    let rejected = rejections.into_iter().map(|rejection| rejected(rejection, language)).collect();
    Ok(Json(Batch { rejected, ..Batch::new(batch, counts.unwrap_or_default()) }))
}
