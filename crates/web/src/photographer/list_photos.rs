//! `GET /api/events/{event}/photos`: a page of the event's photos.

use axum::Json;
use axum::extract::State;
use domain::{Clock, Digest, EventId, Language, PhotoState, Rendition};
use serde::{Deserialize, Serialize};
use store::Store;
use store::photo::{Cursor, Photo as StoredPhoto};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{Code, Problem};
use crate::extract::{EventStaff, InLanguage, Params};
use crate::media::sign::{MadeFor, SignedUrls};

const LIMIT_DEFAULT: i64 = 100;
const LIMIT_MAX: i64 = 500;

/// Which photos to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `waiting`, `ready`, `failed` or `all`.
    #[param(example = "failed")]
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Photos per page, at most 500; 100 when not given.
    limit: Option<i64>,
}

/// A page of photos, newest upload first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Photos {
    photos: Vec<Photo>,
    /// Where the next page begins; absent at the end.
    next: Option<String>,
}

/// A photo, as staff see it.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Photo {
    photo_id: Uuid,
    file_name: String,
    #[schema(value_type = String, example = "ready")]
    state: PhotoState,
    /// Why it failed.
    reason: Option<Reason>,
    face_count: i32,
    width_px: Option<i32>,
    height_px: Option<i32>,
    thumb_url: Option<String>,
    preview_url: Option<String>,
    /// Null until it is known what of the original is private, which is when the photo was read.
    original_url: Option<String>,
}

/// Why a photo failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reason {
    /// Stable code.
    code: String,
    /// For people, in the caller's language.
    detail: String,
}

/// Lists photos, newest upload first.
#[utoipa::path(get, path = "/api/events/{event}/photos", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), Filter),
    responses((status = 200, body = Photos)))]
pub async fn list_photos(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(urls): State<SignedUrls>,
    InLanguage(language): InLanguage,
    Params(filter): Params<Filter>,
) -> Result<Json<Photos>, Problem> {
    let state = state_of(filter.state.as_deref())?;
    let after = filter.after.as_deref().map(cursor).transpose()?;
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let mut tx = store.begin().await?;
    let found = store::photo::list(&mut tx, event.event_id, state, after, limit).await?;
    let full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| full).map(cursor_text);
    let (now, urls) = (clock.unix_seconds(), urls.made_for(MadeFor::Staff));
    let photos = found.into_iter().map(|photo| shown(photo, event.event_id, &urls, now, language)).collect();
    Ok(Json(Photos { photos, next }))
}

fn state_of(text: Option<&str>) -> Result<Option<PhotoState>, Problem> {
    match text {
        None | Some("all") => Ok(None),
        Some("waiting") => Ok(Some(PhotoState::Waiting)),
        Some("ready") => Ok(Some(PhotoState::Ready)),
        Some("failed") => Ok(Some(PhotoState::Failed)),
        Some(_) => Err(Problem::field("state")),
    }
}

fn cursor_text(photo: &StoredPhoto) -> String {
    format!("{}_{}", photo.uploaded_at.unix_timestamp_nanos(), photo.photo_id)
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    let parse = || {
        let (nanos, photo_id) = text.split_once('_')?;
        let uploaded_at = OffsetDateTime::from_unix_timestamp_nanos(nanos.parse().ok()?).ok()?;
        (uploaded_at.year() > 0).then_some(Cursor { uploaded_at, photo_id: photo_id.parse().ok()? })
    };
    parse().ok_or_else(|| Problem::field("after"))
}

fn shown(photo: StoredPhoto, event_id: EventId, urls: &SignedUrls, now: i64, language: Language) -> Photo {
    let url = |rendition, sha256: Digest| urls.url(event_id, sha256, rendition, now);
    let ready = photo.state == PhotoState::Ready;
    Photo {
        photo_id: photo.photo_id.0,
        thumb_url: ready.then(|| url(Rendition::Thumb, photo.sha256)),
        preview_url: ready.then(|| url(Rendition::Preview, photo.sha256)),
        original_url: photo.private_parts.is_some().then(|| url(Rendition::Original, photo.sha256)),
        reason: photo.failure_code.map(|code| reason(code, photo.failure_detail, language)),
        file_name: photo.file_name,
        state: photo.state,
        face_count: photo.face_count,
        width_px: photo.width_px,
        height_px: photo.height_px,
    }
}

/// The words of the table for a known code; what was stored for any other.
pub(super) fn reason(code: String, stored: Option<String>, language: Language) -> Reason {
    let words = Code::named(&code).map(|known| known.sentence(language));
    Reason { code, detail: words.or(stored).unwrap_or_default() }
}
