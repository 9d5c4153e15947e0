//! `GET /api/events/{event}/batches/{batch_id}/progress`: how far a batch is, as it happens.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use store::Store;

use crate::error::{Code, Problem};
use crate::extract::{BatchInPath, EventStaff, InLanguage, Params};
use crate::news::NewsFeed;
use crate::organiser::Counts;
use crate::photographer::progress::{Since, Watched, stream};

/// Server-sent events about the photos of one batch; see the progress of an event.
#[utoipa::path(get, path = "/api/events/{event}/batches/{batch_id}/progress", tag = "uploads",
    params(("event" = String, Path, description = "Slug or id"), ("batch_id" = Uuid, Path), Since,
        ("Last-Event-ID" = Option<i64>, Header, description = "Goes on behind this one")),
    responses((status = 200, body = Counts, content_type = "text/event-stream")))]
pub async fn batch_progress(
    EventStaff { event, .. }: EventStaff,
    BatchInPath(batch_id): BatchInPath,
    State(store): State<Store>,
    State(news): State<NewsFeed>,
    InLanguage(language): InLanguage,
    Params(since): Params<Since>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = store.begin().await?;
    store::batch::by_id(&mut tx, event.event_id, batch_id).await?.ok_or(Code::BatchNotFound)?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let watched = Watched { event_id: event.event_id, batch_id: Some(batch_id), language };
    Ok(stream(watched, store, &news, since.or_last_event_id(&headers)))
}
