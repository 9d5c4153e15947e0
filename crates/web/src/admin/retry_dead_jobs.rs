//! `POST /api/jobs/retry-dead`: all work that was tried too often is tried again.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::Store;
use utoipa::ToSchema;

use crate::error::{Problem, commit};
use crate::extract::Admin;

/// How many jobs will be tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetriedJobs {
    retried: u64,
}

/// Tries all background work again that was tried too often, of all events.
#[utoipa::path(post, path = "/api/jobs/retry-dead", tag = "system", responses((status = 200, body = RetriedJobs)))]
pub async fn retry_dead_jobs(_: Admin, State(store): State<Store>) -> Result<Json<RetriedJobs>, Problem> {
    let mut tx = store.begin().await?;
    let events = store::job_admin::events_with_dead(&mut tx).await?;
    commit(tx).await?;
    let mut retried = 0;
    // One event at a time, so that no two are locked together.
    for event_id in events {
        let mut tx = store.begin().await?;
        let Some(change) = store::event::next_change(&mut tx, event_id).await? else { continue };
        retried += store::job_admin::retry_dead(&mut tx, event_id, change).await?;
        store::listen::tell(&mut tx, event_id).await?;
        commit(tx).await?;
    }
    Ok(Json(RetriedJobs { retried }))
}
