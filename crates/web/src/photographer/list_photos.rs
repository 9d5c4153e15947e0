//! `GET /api/events/{event}/photos`: a page of the event's photos.

use axum::Json;
use axum::extract::State;
use domain::{BatchId, Clock, Digest, EventId, Language, PhotoId, PhotoState, Rendition, UserId};
use serde::{Deserialize, Serialize};
use store::Store;
use store::photo::Photo as StoredPhoto;
use store::photo_list::{Cursor, Filter};
use time::{OffsetDateTime, PrimitiveDateTime};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{Code, Problem};
use crate::extract::{EventStaff, InLanguage, Params};
use crate::media::sign::{MadeFor, SignedUrls};
use crate::page::camera_time;

const LIMIT_DEFAULT: i64 = 100;
const LIMIT_MAX: i64 = 500;

/// Which photos to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `waiting`, `ready`, `failed` or `all`.
    #[param(example = "failed")]
    state: Option<String>,
    /// `none`: ready ones without a face; `some`: those with faces.
    #[param(example = "none")]
    faces: Option<String>,
    /// Only those that are published, or only those that are not.
    published: Option<bool>,
    /// Only those that whoever asks has uploaded.
    mine: Option<bool>,
    /// Only those of the batch with this id.
    #[param(value_type = Option<uuid::Uuid>)]
    batch: Option<BatchId>,
    /// `next` of the page before.
    after: Option<String>,
    /// Photos per page, at most 500; 100 when not given.
    limit: Option<i64>,
}

/// A page of photos, newest upload first.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Photos {
    photos: Vec<Photo>,
    /// Where the next page begins; absent at the end.
    next: Option<String>,
    /// How many photos there are on all pages.
    total: i64,
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
    /// Whether visitors may see it, once it is ready.
    published: bool,
    /// Whether visitors do not see it because somebody on it has chosen so.
    hidden_by_person: bool,
    uploaded_by_me: bool,
    /// When it was taken, in the camera's local time.
    #[serde(with = "camera_time::option")]
    #[schema(value_type = Option<String>, example = "2026-06-20T14:03:22")]
    taken_at: Option<PrimitiveDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    uploaded_at: OffsetDateTime,
    batch_id: Option<Uuid>,
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
    params(("event" = String, Path, description = "Slug or id"), Asked),
    responses((status = 200, body = Photos)))]
pub async fn list_photos(
    EventStaff { user, event }: EventStaff,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(urls): State<SignedUrls>,
    InLanguage(language): InLanguage,
    Params(asked): Params<Asked>,
) -> Result<Json<Photos>, Problem> {
    let filter = Filter {
        state: state_of(asked.state.as_deref())?,
        faces: faces_of(asked.faces.as_deref())?,
        published: asked.published,
        uploaded_by: (asked.mine == Some(true)).then(|| user.user_id()),
        batch_id: asked.batch,
        uploaded_until: None,
    };
    let after = asked.after.as_deref().map(cursor).transpose()?;
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let mut tx = store.begin().await?;
    let found = store::photo_list::list(&mut tx, event.event_id, &filter, after, limit).await?;
    let total = store::photo_list::count(&mut tx, event.event_id, &filter).await?;
    let ids: Vec<PhotoId> = found.iter().map(|photo| photo.photo_id).collect();
    let hidden = store::hidden::among(&mut tx, event.event_id, None, &ids).await?;
    let full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| full).map(cursor_text);
    let viewer =
        Viewer { event_id: event.event_id, user_id: user.user_id(), now: clock.unix_seconds(), language };
    let urls = urls.made_for(MadeFor::Staff);
    let photos = found.into_iter().map(|photo| shown(photo, &hidden, &viewer, &urls)).collect();
    Ok(Json(Photos { photos, next, total }))
}

/// The state that `text` names; `None` for all.
pub(super) fn state_of(text: Option<&str>) -> Result<Option<PhotoState>, Problem> {
    match text {
        None | Some("all") => Ok(None),
        Some("waiting") => Ok(Some(PhotoState::Waiting)),
        Some("ready") => Ok(Some(PhotoState::Ready)),
        Some("failed") => Ok(Some(PhotoState::Failed)),
        Some(_) => Err(Problem::field("state")),
    }
}

/// Whether `text` asks for photos with faces; `None` for all.
pub(super) fn faces_of(text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None => Ok(None),
        Some("none") => Ok(Some(false)),
        Some("some") => Ok(Some(true)),
        Some(_) => Err(Problem::field("faces")),
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

/// Who looks at which event's photos, when.
struct Viewer {
    event_id: EventId,
    user_id: UserId,
    now: i64,
    language: Language,
}

fn shown(photo: StoredPhoto, hidden: &[PhotoId], viewer: &Viewer, urls: &SignedUrls) -> Photo {
    let url = |rendition, sha256: Digest| urls.url(viewer.event_id, sha256, rendition, viewer.now);
    let ready = photo.state == PhotoState::Ready;
    Photo {
        photo_id: photo.photo_id.0,
        thumb_url: ready.then(|| url(Rendition::Thumb, photo.sha256)),
        preview_url: ready.then(|| url(Rendition::Preview, photo.sha256)),
        original_url: photo.private_parts.is_some().then(|| url(Rendition::Original, photo.sha256)),
        reason: photo.failure_code.map(|code| reason(code, photo.failure_detail, viewer.language)),
        file_name: photo.file_name,
        state: photo.state,
        face_count: photo.face_count,
        published: photo.published,
        hidden_by_person: hidden.contains(&photo.photo_id),
        uploaded_by_me: photo.uploaded_by == Some(viewer.user_id),
        taken_at: photo.taken_at,
        uploaded_at: photo.uploaded_at,
        batch_id: photo.batch_id.map(|batch| batch.0),
        width_px: photo.width_px,
        height_px: photo.height_px,
    }
}

/// The words of the table for a known code; what was stored for any other.
pub(super) fn reason(code: String, stored: Option<String>, language: Language) -> Reason {
    let words = Code::named(&code).map(|known| known.sentence(language));
    Reason { code, detail: words.or(stored).unwrap_or_default() }
}
