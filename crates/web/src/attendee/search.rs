//! `POST /api/events/{event}/search`: a selfie in, the photos of that person out.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Multipart, Request, State};
use axum::{Json, RequestExt as _};
use bytes::Bytes;
use domain::{Band, EventId, PhotoId, Rendition};
use recognizer::{FindError, Found, GalleryVersion, Match, Recognizer, SelfieError};
use serde::Serialize;
use store::event::Event;
use store::photo::Photo;
use store::{Store, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::CONSENT_VERSION;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::InEvent;
use crate::limits::Limited;
use crate::media::sign::SignedUrls;

/// Galleries that may be replaced in a row before a search is told to come back.
const TRIES_MAX: usize = 4;

/// Largest request: a selfie of 15 MiB and its consent.
const BODY_BYTES_MAX: usize = 15 * 1024 * 1024 + 4096;
/// How long a selfie may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_mins(1);

/// The form, as the document describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read part by part")]
pub struct SelfieForm {
    /// The version of the consent that the person was shown.
    consent_version: String,
    /// A JPEG, PNG or WebP of up to 15 MiB.
    #[schema(value_type = String, format = Binary)]
    selfie: Vec<u8>,
}

/// The photos that the person is in, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    matches: Vec<FoundPhoto>,
    /// How many faces were compared.
    faces_searched: usize,
    timing: Timing,
}

/// A photo that the person is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundPhoto {
    photo_id: Uuid,
    /// `sure` or `maybe`.
    #[schema(value_type = String, example = "sure")]
    band: Band,
    /// How alike: a cosine similarity.
    score: f32,
    width_px: Option<i32>,
    height_px: Option<i32>,
    thumb_url: String,
    preview_url: String,
    /// The preview, as a file to keep.
    download_url: String,
}

/// Where the time went.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub struct Timing {
    /// Waiting for others.
    queue_ms: f64,
    /// From the selfie's bytes to its embedding.
    embed_ms: f64,
    /// Bringing the gallery up to date and comparing.
    search_ms: f64,
}

/// Finds the photos of the person on the selfie.
///
/// Send the version of the consent that the person was shown in `consent_version`, then the picture in `selfie`
/// (JPEG, PNG or WebP, up to 15 MiB). The selfie is never kept.
#[utoipa::path(post, path = "/api/events/{event}/search", tag = "attendees", params(("event" = String, Path, description = "Slug or id")),
    request_body(content_type = "multipart/form-data", content = SelfieForm),
    responses((status = 200, body = SearchAnswer)))]
pub async fn search(
    InEvent(event): InEvent,
    State(web): State<Web>,
    context: Context,
    request: Request,
) -> Result<Json<SearchAnswer>, Problem> {
    let Web { store, recognizer, settings, .. } = &web;
    let now = web.clock.now();
    web.limits().check(Limited::Search, &context, None, now).await?;
    if !event.recognition_enabled {
        return Err(Code::RecognitionOff.into());
    }
    recognizer.check_pack(&event.pack).map_err(|refused| Problem::models_missing(&refused))?;
    let selfie = {
        let _place = settings.selfies.try_acquire().map_err(|_| Problem::busy(2))?;
        read_form(request).await?
    };
    let mut tx = store.begin().await?;
    let consent_id = Uuid::from_bytes(web.entropy.bytes());
    store::consent::insert(&mut tx, event.event_id, consent_id, CONSENT_VERSION, now).await?;
    store::event_hour::count(&mut tx, event.event_id, now, store::event_hour::Kind::Search, 1).await?;
    commit(tx).await?;
    let (found, photos) = find(store, recognizer, event.event_id, selfie).await?;
    Ok(Json(answer(&found, &photos, &event, &web.urls, web.clock.unix_seconds())))
}

/// The photos of the person. When the event was given another gallery while this one was loaded or searched, some of the
/// old one's faces may have been gone already: then it is asked again.
async fn find(
    store: &Store,
    recognizer: &Recognizer,
    event_id: EventId,
    selfie: Bytes,
) -> Result<(Found, HashMap<PhotoId, Photo>), Problem> {
    for _ in 0..TRIES_MAX {
        // Read here: photos that became ready while the selfie was under way are found too.
        let version = current_version(&mut *store.begin().await?, event_id).await?;
        let found = match recognizer.find(&version, selfie.clone()).await {
            Err(FindError::Outdated) => continue,
            found => found.map_err(problem)?,
        };
        let mut tx = store.begin().await?;
        let now = current_version(&mut tx, event_id).await?;
        if (&now.pack, now.epoch) == (&version.pack, version.epoch) {
            let photos = photos_of(&mut tx, event_id, &found.matches).await?;
            return Ok((found, photos));
        }
    }
    Err(Problem::busy(2))
}

/// The selfie, when the consent is right and it arrives in time: places for selfies are few.
async fn read_form(request: Request) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(ARRIVES_WITHIN, read_form_slowly(request)).await;
    read.unwrap_or_else(|_| Err(Code::UploadInterrupted.into()))
}

async fn read_form_slowly(mut request: Request) -> Result<Bytes, Problem> {
    DefaultBodyLimit::apply(DefaultBodyLimit::max(BODY_BYTES_MAX), &mut request);
    let mut form: Multipart = request.extract().await.map_err(|_| Code::BadRequest)?;
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let too_large = error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(if too_large { Code::TooLarge } else { Code::BadRequest })
    };
    let (mut consent, mut selfie) = (None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("consent_version") => consent = Some(field.text().await.map_err(unreadable)?),
            Some("selfie") => selfie = Some(field.bytes().await.map_err(unreadable)?),
            _ => {}
        }
    }
    match consent.as_deref() {
        None | Some("") => return Err(Code::ConsentRequired.into()),
        Some(CONSENT_VERSION) => {}
        Some(_) => return Err(Code::ConsentOutdated.into()),
    }
    selfie.filter(|bytes| !bytes.is_empty()).ok_or_else(|| Problem::field("selfie"))
}

async fn current_version(db: &mut store::Connection, event_id: EventId) -> Result<GalleryVersion, Problem> {
    let event = store::event::by_id(db, event_id).await?.ok_or(Code::EventNotFound)?;
    Ok(GalleryVersion {
        event_id,
        pack: event.pack,
        version: event.gallery_version,
        epoch: event.gallery_epoch,
    })
}

async fn photos_of(
    db: &mut store::Connection,
    event_id: EventId,
    matches: &[Match],
) -> Result<HashMap<PhotoId, Photo>, Problem> {
    let ids: Vec<PhotoId> = matches.iter().map(|found| found.photo_id).collect();
    let photos = store::photo::by_ids(db, event_id, &ids).await?;
    Ok(photos.into_iter().map(|photo| (photo.photo_id, photo)).collect())
}

fn answer(
    found: &Found,
    photos: &HashMap<PhotoId, Photo>,
    event: &Event,
    urls: &SignedUrls,
    now: i64,
) -> SearchAnswer {
    let shown = |found: &Match| {
        // A photo that was removed in this very moment is left out.
        let photo = photos.get(&found.photo_id)?;
        let url = |rendition| urls.url(event.event_id, photo.sha256, rendition, now);
        Some(FoundPhoto {
            photo_id: found.photo_id.0,
            band: found.band,
            score: found.score.0,
            width_px: photo.width_px,
            height_px: photo.height_px,
            thumb_url: url(Rendition::Thumb),
            preview_url: url(Rendition::Preview),
            download_url: urls.download_url(event.event_id, photo.sha256, Rendition::Preview, now),
        })
    };
    let ms = |duration: Duration| (duration.as_secs_f64() * 1e4).round() / 10.0;
    SearchAnswer {
        matches: found.matches.iter().filter_map(shown).collect(),
        faces_searched: found.faces_searched,
        timing: Timing {
            queue_ms: ms(found.timing.queue),
            embed_ms: ms(found.timing.embed),
            search_ms: ms(found.timing.search),
        },
    }
}

fn problem(error: FindError) -> Problem {
    match error {
        FindError::Busy(busy) => Problem::busy(busy.retry_after_s),
        FindError::Selfie(SelfieError::NoFace) => Code::SelfieNoFace.into(),
        FindError::Selfie(SelfieError::SeveralFaces) => Code::SelfieSeveralFaces.into(),
        FindError::Selfie(SelfieError::FaceTooSmall) => Code::SelfieFaceTooSmall.into(),
        FindError::Selfie(SelfieError::Photo(_)) => Code::SelfieUnreadable.into(),
        FindError::Gallery(error) => match error.0.downcast::<StoreError>() {
            Ok(error) => Problem::from(*error),
            Err(error) => Problem::internal(error.as_ref()),
        },
        FindError::Pack(refused) => Problem::models_missing(&refused),
        FindError::Outdated => Problem::busy(2),
    }
}
