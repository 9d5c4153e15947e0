//! `GET /api/events/{event}/progress`: how far the photos are, as it happens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use axum::response::{IntoResponse, Sse};
use domain::{BatchId, EventId, Language, PhotoState};
use serde::{Deserialize, Serialize};
use store::photo::{AfterChange, Photo};
use store::{Store, StoreError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::list_photos::{Reason, reason};
use crate::extract::{EventStaff, InLanguage, Params};
use crate::news::{NewsFeed, Subscription};
use crate::organiser::Counts;

/// News of one event are gathered for so long before they are told.
const GATHER: Duration = Duration::from_millis(250);
/// Without any news, counts are looked at so often: LISTEN may not be possible here.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Photos fetched at once.
const PAGE: i64 = 500;

/// Where to go on.
#[derive(Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// Tell all that changed behind this id first; 0 tells of every photo. The header `Last-Event-ID` goes before.
    since: Option<i64>,
}

impl Since {
    pub(crate) fn or_last_event_id(self, headers: &HeaderMap) -> Option<i64> {
        let header = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
        // Photos from before changes were counted have the number 0.
        header.or(self.since).map(|since| if since == 0 { -1 } else { since })
    }
}

/// A photo that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedPhoto {
    photo_id: Uuid,
    file_name: String,
    #[schema(value_type = String, example = "ready")]
    state: PhotoState,
    face_count: i32,
    /// Whether visitors may see it, once it is ready.
    published: bool,
    /// Why it failed.
    reason: Option<Reason>,
}

/// Server-sent events about the photos of an event.
///
/// `progress` has the event's counts: one at once, then one whenever they change. `photo` has a photo that changed: its
/// state, its number of faces, why it failed. Events have ids: who comes back with `Last-Event-ID`, as browsers do by
/// themselves, is told first of every photo that changed meanwhile.
#[utoipa::path(get, path = "/api/events/{event}/progress", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), Since,
        ("Last-Event-ID" = Option<i64>, Header, description = "Goes on behind this one")),
    responses((status = 200, body = Counts, content_type = "text/event-stream")))]
pub async fn progress(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    State(news): State<NewsFeed>,
    InLanguage(language): InLanguage,
    Params(since): Params<Since>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let watched = Watched { event_id: event.event_id, batch_id: None, language };
    stream(watched, store, &news, since.or_last_event_id(&headers))
}

/// What is watched, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) event_id: EventId,
    pub(crate) batch_id: Option<BatchId>,
    pub(crate) language: Language,
}

/// The stream of what happens from `since` on; from now on when that is not known.
pub(crate) fn stream(
    watched: Watched,
    store: Store,
    news: &NewsFeed,
    since: Option<i64>,
) -> impl IntoResponse + use<> {
    let told = since.map(|change| AfterChange { change, photo_id: None });
    let watch = Watch {
        watched,
        store,
        news: news.subscribe(),
        told,
        counts: None,
        more: false,
        queue: VecDeque::new(),
    };
    Sse::new(futures::stream::unfold(watch, next)).keep_alive(KeepAlive::default())
}

struct Watch {
    watched: Watched,
    store: Store,
    news: Subscription,
    /// Changes up to here were told; `None` until the first look.
    told: Option<AfterChange>,
    counts: Option<Counts>,
    /// Whether there is more to tell than was fetched.
    more: bool,
    queue: VecDeque<SseEvent>,
}

async fn next(mut watch: Watch) -> Option<(Result<SseEvent, Infallible>, Watch)> {
    loop {
        if let Some(event) = watch.queue.pop_front() {
            return Some((Ok(event), watch));
        }
        if watch.counts.is_some() && !watch.more {
            let _ = tokio::time::timeout(LOOK_AGAIN, watch.news.of_event(watch.watched.event_id)).await;
            tokio::time::sleep(GATHER).await;
        }
        // When it cannot be looked, or the event is gone, the stream ends; the browser comes back by itself.
        if !watch.look().await.unwrap_or(false) {
            return None;
        }
    }
}

impl Watch {
    /// Queues what has changed; false when the event is gone.
    async fn look(&mut self) -> Result<bool, StoreError> {
        let Watched { event_id, batch_id, language } = self.watched;
        let mut tx = self.store.begin().await?;
        let Some(event) = store::event::by_id(&mut tx, event_id).await? else { return Ok(false) };
        let now = event.change_count;
        let mut told = self.told.unwrap_or(AfterChange { change: now, photo_id: None });
        let photos = store::photo::changed(&mut tx, event_id, batch_id, told, now, PAGE).await?;
        let is_last_page = i64::try_from(photos.len()).is_ok_and(|length| length < PAGE);
        for (photo, following) in photos.iter().zip(photos.iter().skip(1).map(Some).chain([None])) {
            told = AfterChange { change: photo.change, photo_id: Some(photo.photo_id) };
            // Only the last photo of a change bears its number: who comes back with it has seen them all.
            let is_last = following.map_or(is_last_page, |following| following.change > photo.change);
            self.queue.push_back(told_photo(photo, language, is_last));
        }
        if is_last_page {
            told = AfterChange { change: now, photo_id: None };
            let counts = Counts::from(match batch_id {
                None => store::photo::counts(&mut tx, event_id).await?,
                Some(batch) => store::photo::counts_of_batches(&mut tx, event_id, &[batch])
                    .await?
                    .pop()
                    .unwrap_or_default(),
            });
            if self.counts.replace(counts) != Some(counts) {
                self.queue.push_back(sse("progress", &counts).id(now.to_string()));
            }
        }
        (self.told, self.more) = (Some(told), !is_last_page);
        Ok(true)
    }
}

fn told_photo(photo: &Photo, language: Language, with_id: bool) -> SseEvent {
    let changed = ChangedPhoto {
        photo_id: photo.photo_id.0,
        file_name: photo.file_name.clone(),
        state: photo.state,
        face_count: photo.face_count,
        published: photo.published,
        reason: photo.failure_code.clone().map(|code| reason(code, photo.failure_detail.clone(), language)),
    };
    let event = sse("photo", &changed);
    if with_id { event.id(photo.change.to_string()) } else { event }
}

fn sse(name: &str, data: &impl Serialize) -> SseEvent {
    let json = serde_json::to_string(data).expect("a struct of strings and numbers is JSON");
    SseEvent::default().event(name).data(json)
}
