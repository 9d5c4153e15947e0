//! `GET /api/events/{event}/progress`: how far the photos are, as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use domain::EventId;
use futures::Stream;
use store::Store;

use crate::error::Problem;
use crate::extract::EventStaff;
use crate::news::{NewsFeed, Subscription};
use crate::organiser::Counts;

/// News of one event are gathered for so long before they are told.
const GATHER: Duration = Duration::from_millis(250);
/// Without any news, counts are looked at so often: LISTEN may not be possible here.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Server-sent events called `progress`, each with the event's counts: one at once, then one whenever they change.
#[utoipa::path(get, path = "/api/events/{event}/progress", tag = "photos", params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = Counts, content_type = "text/event-stream")))]
pub async fn progress(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    State(news): State<NewsFeed>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let watch = Watch { event_id: event.event_id, store, news: news.subscribe(), told: None };
    Sse::new(futures::stream::unfold(watch, next)).keep_alive(KeepAlive::default())
}

struct Watch {
    event_id: EventId,
    store: Store,
    news: Subscription,
    told: Option<Counts>,
}

async fn next(mut watch: Watch) -> Option<(Result<SseEvent, Infallible>, Watch)> {
    loop {
        if watch.told.is_some() {
            let _ = tokio::time::timeout(LOOK_AGAIN, watch.news.of_event(watch.event_id)).await;
            tokio::time::sleep(GATHER).await;
        }
        match counts(&watch).await {
            Ok(counts) if watch.told == Some(counts) => {}
            Ok(counts) => {
                watch.told = Some(counts);
                let json = serde_json::to_string(&counts).expect("numbers are JSON");
                return Some((Ok(SseEvent::default().event("progress").data(json)), watch));
            }
            // The stream ends; the browser comes back by itself.
            Err(_) => return None,
        }
    }
}

async fn counts(watch: &Watch) -> Result<Counts, Problem> {
    let mut tx = watch.store.begin().await?;
    Ok(store::photo::counts(&mut tx, watch.event_id).await?.into())
}
