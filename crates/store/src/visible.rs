//! The photos of an event that a visitor may see. Whatever visitors are shown or told of goes through the one condition
//! here: searches, browsing, favourites, counts and news.

use domain::{Digest, EventId, PhotoId, VisitorId};
use sqlx::PgConnection;
use time::PrimitiveDateTime;
use uuid::Uuid;

use crate::Result;
use crate::hidden::not_hidden_from;
use crate::photo::digest;
use crate::sql::{query_as, query_scalar};

/// What of the table `photo` the visitor, whose id or null the placeholder `$visitor` has, may see.
macro_rules! is_visible {
    ($visitor:literal) => {
        concat!("photo.published and photo.state = 'ready' and ", not_hidden_from!($visitor))
    };
}

/// The second in which a photo was taken, in the camera's local time; when it does not say, in which it was uploaded, in
/// UTC.
macro_rules! at {
    () => {
        "date_trunc('second', coalesce(photo.taken_at, photo.uploaded_at at time zone 'UTC'))"
    };
}

/// Selects [`Row`]s that visitor $2 may see at event $1. More conditions may follow.
macro_rules! select_seen {
    ($($rest:literal),*) => {
        concat!(
            "select * from (select photo_id, sha256, file_name, width_px, height_px, taken_at, ",
            at!(),
            " as at, \
               exists (select from favourite f where f.event_id = $1 and f.visitor_id = $2 \
                 and f.photo_id = photo.photo_id) as favourite, \
               (select is_me from verdict v where v.event_id = $1 and v.visitor_id = $2 \
                 and v.photo_id = photo.photo_id) as is_me \
             from photo where event_id = $1 and ",
            is_visible!("$2"),
            $($rest),*
        )
    };
}

/// A photo, as a visitor sees it.
#[derive(Clone, Debug)]
pub struct SeenPhoto {
    /// The photo.
    pub photo_id: PhotoId,
    /// The SHA-256 of its original.
    pub sha256: Digest,
    /// The name under which it was uploaded.
    pub file_name: String,
    /// Width as a person sees it.
    pub width_px: Option<i32>,
    /// Height as a person sees it.
    pub height_px: Option<i32>,
    /// When the camera says it was taken, in the camera's local time.
    pub taken_at: Option<PrimitiveDateTime>,
    /// Its place in time.
    pub at: PrimitiveDateTime,
    /// Whether it is one of the visitor's favourites.
    pub favourite: bool,
    /// Whether the visitor said that they are in it, or that they are not.
    pub is_me: Option<bool>,
}

impl SeenPhoto {
    /// The place behind this photo.
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at, file_name: self.file_name.clone(), photo_id: self.photo_id }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    photo_id: Uuid,
    sha256: Vec<u8>,
    file_name: String,
    width_px: Option<i32>,
    height_px: Option<i32>,
    taken_at: Option<PrimitiveDateTime>,
    at: PrimitiveDateTime,
    favourite: bool,
    is_me: Option<bool>,
}

fn seen(row: Row) -> Result<SeenPhoto> {
    let Row { photo_id, sha256, file_name, width_px, height_px, taken_at, at, favourite, is_me } = row;
    Ok(SeenPhoto {
        photo_id: PhotoId(photo_id),
        sha256: digest(&sha256)?,
        file_name,
        width_px,
        height_px,
        taken_at,
        at,
        favourite,
        is_me,
    })
}

/// Where a page of [`page`] begins: behind this photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The second of the last photo of the page before.
    pub at: PrimitiveDateTime,
    /// Its name: photos of one second, such as a burst, come by their names.
    pub file_name: String,
    /// Its id.
    pub photo_id: PhotoId,
}

/// A page of the photos that the visitor may see, by time.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: Option<VisitorId>,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<SeenPhoto>> {
    let rows: Vec<Row> = query_as(select_seen!(
        ") as seen where $3::timestamp is null or (at, file_name collate \"C\", photo_id) > ($3, $4, $5) \
         order by at, file_name collate \"C\", photo_id limit $6"
    ))
    .bind(event_id.0)
    .bind(visitor.map(|id| id.0))
    .bind(after.map(|cursor| cursor.at))
    .bind(after.map(|cursor| cursor.file_name.as_str()))
    .bind(after.map(|cursor| cursor.photo_id.0))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(seen).collect()
}

/// The favourites of the visitor that they may still see, by time.
///
/// # Errors
/// When the database fails.
pub async fn favourites(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
) -> Result<Vec<SeenPhoto>> {
    let rows: Vec<Row> = query_as(select_seen!(
        " and photo_id in (select photo_id from favourite where event_id = $1 and visitor_id = $2)) as seen \
         order by at, file_name collate \"C\", photo_id"
    ))
    .bind(event_id.0)
    .bind(visitor.0)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(seen).collect()
}

/// Those of the photos that the visitor may see, and all in which they said they are; in no order.
///
/// # Errors
/// When the database fails.
pub async fn found(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: Option<VisitorId>,
    photo_ids: &[PhotoId],
) -> Result<Vec<SeenPhoto>> {
    let ids: Vec<Uuid> = photo_ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = query_as(select_seen!(
        " and photo_id = any($3::uuid[] || array \
           (select photo_id from verdict where event_id = $1 and visitor_id = $2 and is_me))) as seen"
    ))
    .bind(event_id.0)
    .bind(visitor.map(|id| id.0))
    .bind(ids)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(seen).collect()
}

/// Whether the visitor may see this photo.
///
/// # Errors
/// When the database fails.
pub async fn may_see(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: Option<VisitorId>,
    photo_id: PhotoId,
) -> Result<bool> {
    Ok(query_scalar(concat!(
        "select exists (select from photo where event_id = $1 and photo_id = $3 and ",
        is_visible!("$2"),
        ")"
    ))
    .bind(event_id.0)
    .bind(visitor.map(|id| id.0))
    .bind(photo_id.0)
    .fetch_one(db)
    .await?)
}

/// How many photos there are to see, and the event's number of the last change of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Count {
    /// How many.
    pub photos: i64,
    /// The last change; 0 when there are none.
    pub last_change: i64,
}

/// Counts what the visitor may see; `None` is whoever nothing is known of.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut PgConnection, event_id: EventId, visitor: Option<VisitorId>) -> Result<Count> {
    Ok(query_as(concat!(
        "select count(*) as photos, coalesce(max(change), 0) as last_change from photo where event_id = $1 and ",
        is_visible!("$2")
    ))
    .bind(event_id.0)
    .bind(visitor.map(|id| id.0))
    .fetch_one(db)
    .await?)
}
