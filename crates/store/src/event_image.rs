//! The logo and the cover of events. Their bytes are in the blob store, by their digest.

use std::str::FromStr;

use domain::{Digest, EventId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{parse, query, query_as};
use crate::{Result, StoreError, photo};

/// Which image of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stands beside the event's name, and on its photos as a watermark.
    Logo,
    /// Stands above the event's page.
    Cover,
}

impl Kind {
    /// Its name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logo => "logo",
            Self::Cover => "cover",
        }
    }
}

/// The text names no kind of image.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither logo nor cover")]
pub struct NotAKind(String);

impl FromStr for Kind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<Self, NotAKind> {
        match text {
            "logo" => Ok(Self::Logo),
            "cover" => Ok(Self::Cover),
            other => Err(NotAKind(other.to_owned())),
        }
    }
}

/// An image of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its event.
    pub event_id: EventId,
    /// Which it is.
    pub kind: Kind,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Such as `image/png`.
    pub media_type: String,
    /// Its width.
    pub width_px: i32,
    /// Its height.
    pub height_px: i32,
}

#[derive(sqlx::FromRow)]
struct Row {
    event_id: Uuid,
    kind: String,
    sha256: Vec<u8>,
    media_type: String,
    width_px: i32,
    height_px: i32,
}

impl TryFrom<Row> for Image {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            event_id: EventId(row.event_id),
            kind: parse("event_image", row.kind.parse())?,
            sha256: photo::digest(&row.sha256)?,
            media_type: row.media_type,
            width_px: row.width_px,
            height_px: row.height_px,
        })
    }
}

/// The images of these events, in no order.
///
/// # Errors
/// When the database fails.
pub async fn of(db: &mut PgConnection, event_ids: &[EventId]) -> Result<Vec<Image>> {
    let ids: Vec<Uuid> = event_ids.iter().map(|event| event.0).collect();
    let rows: Vec<Row> =
        query_as("select * from event_image where event_id = any($1)").bind(ids).fetch_all(db).await?;
    rows.into_iter().map(Image::try_from).collect()
}

/// Gives an event this image, in place of the one of its kind that it had.
///
/// # Errors
/// When there is no such event, or the database fails.
pub async fn put(db: &mut PgConnection, image: &Image) -> Result<()> {
    query(
        "insert into event_image (event_id, kind, sha256, media_type, width_px, height_px) \
         values ($1, $2, $3, $4, $5, $6) on conflict (event_id, kind) do update set sha256 = excluded.sha256, \
           media_type = excluded.media_type, width_px = excluded.width_px, height_px = excluded.height_px",
    )
    .bind(image.event_id.0)
    .bind(image.kind.as_str())
    .bind(image.sha256.0.as_slice())
    .bind(&image.media_type)
    .bind(image.width_px)
    .bind(image.height_px)
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody else names or deletes the bytes of images of this event until the transaction ends. Comes before the event's
/// row, and keeps nobody waiting who only wants that.
///
/// # Errors
/// When the database fails.
pub async fn hold_bytes(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query("select pg_advisory_xact_lock(hashtextextended('event_image ' || $1::text, 0))")
        .bind(event_id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes an image of this kind from the event; true when it had one.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, kind: Kind) -> Result<bool> {
    let done = query("delete from event_image where event_id = $1 and kind = $2")
        .bind(event_id.0)
        .bind(kind.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The image of the event with these bytes.
///
/// # Errors
/// When the database fails.
pub async fn by_sha256(db: &mut PgConnection, event_id: EventId, sha256: Digest) -> Result<Option<Image>> {
    let row: Option<Row> = query_as("select * from event_image where event_id = $1 and sha256 = $2 limit 1")
        .bind(event_id.0)
        .bind(sha256.0.as_slice())
        .fetch_optional(db)
        .await?;
    row.map(Image::try_from).transpose()
}
