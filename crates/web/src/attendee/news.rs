//! `GET /api/attendee/events/{event}/news`: tells pages that stay open when there are other photos to see.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use axum::response::{IntoResponse, Sse};
use domain::EventId;
use serde::Serialize;
use store::StoreError;
use store::event::Access;
use store::visible::Count;
use store::visitor::Visitor;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::Web;
use crate::extract::Visiting;
use crate::news::Subscription;

/// News are gathered for so long before they are told.
const GATHER: Duration = Duration::from_secs(1);
/// Without any news it is looked so often: LISTEN may not be possible here.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What there is to see.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhotoNews {
    /// How many photos.
    photos_ready: i64,
    /// Grows with every change.
    change: i64,
}

/// Server-sent events about the photos that visitors may see.
///
/// `photos` says how many there are: one at once, then at most one per second when some came, went or changed. Asking
/// `matches` or the list of photos again shows them. The stream ends when who may enter the event changes.
#[utoipa::path(get, path = "/api/attendee/events/{event}/news", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = PhotoNews, content_type = "text/event-stream")))]
pub async fn news(Visiting(guest): Visiting, State(web): State<Web>) -> impl IntoResponse {
    let watch = Watch {
        event_id: guest.event.event_id,
        access: guest.event.access,
        visitor: guest.visitor,
        news: web.news.subscribe(),
        told: None,
        web,
    };
    Sse::new(futures::stream::unfold(watch, next)).keep_alive(KeepAlive::default())
}

struct Watch {
    event_id: EventId,
    /// As it was when whoever watches was let in.
    access: Access,
    visitor: Option<Visitor>,
    news: Subscription,
    /// What was told last.
    told: Option<Count>,
    web: Web,
}

async fn next(mut watch: Watch) -> Option<(Result<SseEvent, Infallible>, Watch)> {
    loop {
        let not_before = if watch.told.is_none() { Instant::now() } else { watch.wait().await };
        // When it cannot be looked, or the event is gone, the stream ends; the browser comes back by itself.
        match watch.look(not_before).await {
            Ok(Seen::News(event)) => return Some((Ok(event), watch)),
            Ok(Seen::Nothing) => {}
            Ok(Seen::TheEnd) | Err(_) => return None,
        }
    }
}

/// What came of a look.
enum Seen {
    News(SseEvent),
    Nothing,
    TheEnd,
}

impl Watch {
    /// Waits for news, and for more of them to gather. Returns when the first were heard.
    async fn wait(&mut self) -> Instant {
        let _ = tokio::time::timeout(LOOK_AGAIN, self.news.of_event(self.event_id)).await;
        let heard = Instant::now();
        tokio::time::sleep(GATHER).await;
        heard
    }

    async fn look(&mut self, not_before: Instant) -> Result<Seen, StoreError> {
        let Web { looks, store, .. } = &self.web;
        let look = looks.look(store, self.event_id, self.visitor.as_ref(), not_before).await?;
        let Some(look) = look.filter(|look| look.access == self.access) else { return Ok(Seen::TheEnd) };
        if self.told.replace(look.count) == Some(look.count) {
            return Ok(Seen::Nothing);
        }
        let news = PhotoNews { photos_ready: look.count.photos, change: look.change };
        let json = serde_json::to_string(&news).expect("a struct of numbers is JSON");
        let event = SseEvent::default().event("photos").id(look.change.to_string()).data(json);
        Ok(Seen::News(event))
    }
}
