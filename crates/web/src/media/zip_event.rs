//! `GET /api/events/{event}/photos.zip`: all photos of an event in one archive.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::{EventId, Rendition};
use futures::StreamExt as _;
use futures::stream;
use serde::Deserialize;
use store::Store;
use store::photo_by_time::{self, Cursor, TimedPhoto};
use utoipa::IntoParams;

use super::delivery::Source;
use super::zip_stream::{Archive, Broken, Pages, Wanted};
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::{EventStaff, InLanguage, Params};

/// Photos read from the database at once.
const PAGE: i64 = 500;
/// When a place may be free again.
const RETRY_AFTER_S: u32 = 30;

/// Which copies.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `web`: at most 2048 pixels, without metadata; `original`: as uploaded. `web` when not given.
    #[param(example = "web")]
    size: Option<String>,
    /// Only says whether the archive could be sent now: 204 if so.
    check: Option<bool>,
}

/// All ready photos of the event in one ZIP archive, by the time they were taken.
///
/// It is made while it is sent. Should it break off, the connection does too: what was received by then is not whole.
/// A photo that the store has lost is left out and named in `MISSING.txt`.
#[utoipa::path(get, path = "/api/events/{event}/photos.zip", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), Filter),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 204, description = "It could be sent now")))]
pub async fn zip_event(
    EventStaff { event, .. }: EventStaff,
    State(web): State<Web>,
    InLanguage(language): InLanguage,
    Params(filter): Params<Filter>,
) -> Result<Response, Problem> {
    let rendition = match filter.size.as_deref() {
        None | Some("web") => Rendition::Preview,
        Some("original") => Rendition::Original,
        Some(_) => return Err(Problem::field("size")),
    };
    let places = Arc::clone(&web.settings.event_zips);
    let place = places.try_acquire_owned().map_err(|_| Problem::later(Code::DownloadsBusy, RETRY_AFTER_S))?;
    let first = page(&web.store, event.event_id, None).await?;
    let first = first.filter(|photos| !photos.is_empty()).ok_or(Code::NothingToDownload)?;
    if filter.check == Some(true) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let archive = Archive {
        source: Source { blobs: web.blobs, painter: web.marked.painter, drawing: None },
        event_id: event.event_id,
        file_stem: event.slug.to_string(),
        language,
        place,
        pages: pages(web.store, event.event_id, rendition, first),
        missing: Vec::new(),
    };
    Ok(archive.send())
}

/// A page of photos; nothing when the event is no more. No connection is held when it returns.
async fn page(
    store: &Store,
    event_id: EventId,
    after: Option<Cursor>,
) -> Result<Option<Vec<TimedPhoto>>, store::StoreError> {
    let mut tx = store.begin().await?;
    if store::event::by_id(&mut tx, event_id).await?.is_none() {
        return Ok(None);
    }
    photo_by_time::page(&mut tx, event_id, after.as_ref(), PAGE).await.map(Some)
}

/// `first` and what follows, each page read when the one before has been sent.
fn pages(store: Store, event_id: EventId, rendition: Rendition, first: Vec<TimedPhoto>) -> Pages {
    let after = first.last().map(TimedPhoto::cursor);
    let wanted = move |photos: Vec<TimedPhoto>| {
        photos.into_iter().map(|photo| Wanted { photo, rendition }).collect::<Vec<_>>()
    };
    let rest = stream::try_unfold(after, move |after| {
        let store = store.clone();
        async move {
            let photos = page(&store, event_id, after).await?.ok_or(Broken::EventDeleted)?;
            let next = photos.last().map(TimedPhoto::cursor);
            Ok(next.map(|next| (wanted(photos), Some(next))))
        }
    });
    stream::once(std::future::ready(Ok(wanted(first)))).chain(rest).boxed()
}
