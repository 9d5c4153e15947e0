//! `POST /api/events/{event}/batches`: a batch begins.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{BatchId, Clock, Entropy};
use serde::Deserialize;
use store::Store;
use store::photo::Counts;
use utoipa::ToSchema;

use super::Batch;
use crate::error::{Problem, commit};
use crate::extract::{Body, EventStaff};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// A batch to begin.
#[derive(Deserialize, ToSchema)]
pub struct NewBatch {
    /// What it is called, such as the folder's name; at most 120 characters.
    #[serde(default)]
    name: String,
}

/// Begins a batch: photos that are uploaded with its id are counted together.
#[utoipa::path(post, path = "/api/events/{event}/batches", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id")), request_body = NewBatch,
    responses((status = 201, body = Batch)))]
pub async fn create_batch(
    EventStaff { user, event }: EventStaff,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    Body(form): Body<NewBatch>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    let name = form.name.trim();
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Problem::field("name"));
    }
    let batch = store::batch::Batch {
        batch_id: BatchId::from_entropy(&entropy),
        name: name.to_owned(),
        created_at: clock.now(),
    };
    let mut tx = store.begin().await?;
    store::batch::insert(&mut tx, event.event_id, &batch, Some(user.user_id())).await?;
    commit(tx).await?;
    Ok((StatusCode::CREATED, Json(Batch::new(batch, Counts::default()))))
}
