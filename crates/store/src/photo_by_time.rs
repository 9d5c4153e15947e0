//! Photos in the order in which they were taken, as archives hold them.

use domain::{Digest, EventId, PhotoId};
use sqlx::PgConnection;
use time::PrimitiveDateTime;

use crate::Result;
use crate::photo::{Photo, Row};
use crate::sql::query_as;

/// A ready photo and its place in time.
#[derive(Clone, Debug)]
pub struct TimedPhoto {
    /// The photo.
    pub photo: Photo,
    /// When it was taken, in the camera's local time; when it does not say, when it was uploaded, in UTC.
    pub at: PrimitiveDateTime,
}

impl TimedPhoto {
    /// The place behind this photo.
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at, photo_id: self.photo.photo_id }
    }
}

#[derive(sqlx::FromRow)]
struct TimedRow {
    #[sqlx(flatten)]
    photo: Row,
    at: PrimitiveDateTime,
}

/// Where a page of [`page`] begins: behind this photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last photo of the page before was taken.
    pub at: PrimitiveDateTime,
    /// Its id.
    pub photo_id: PhotoId,
}

/// A page of the event's ready photos, by time.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &mut PgConnection,
    event_id: EventId,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<TimedPhoto>> {
    let rows: Vec<TimedRow> = query_as(
        "select *, coalesce(taken_at, uploaded_at at time zone 'UTC') as at from photo \
         where event_id = $1 and state = 'ready' and ($2::timestamp is null \
         or (coalesce(taken_at, uploaded_at at time zone 'UTC'), photo_id) > ($2, $3)) \
         order by coalesce(taken_at, uploaded_at at time zone 'UTC'), photo_id limit $4",
    )
    .bind(event_id.0)
    .bind(after.map(|cursor| cursor.at))
    .bind(after.map(|cursor| cursor.photo_id.0))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(timed).collect()
}

/// The ready photos of the event with these bytes, by time; those it does not have are left out.
///
/// # Errors
/// When the database fails.
pub async fn by_sha256(
    db: &mut PgConnection,
    event_id: EventId,
    sha256: &[Digest],
) -> Result<Vec<TimedPhoto>> {
    let digests: Vec<Vec<u8>> = sha256.iter().map(|digest| digest.0.to_vec()).collect();
    let rows: Vec<TimedRow> = query_as(
        "select *, coalesce(taken_at, uploaded_at at time zone 'UTC') as at from photo \
         where event_id = $1 and state = 'ready' and sha256 = any($2) order by at, photo_id",
    )
    .bind(event_id.0)
    .bind(digests)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(timed).collect()
}

fn timed(row: TimedRow) -> Result<TimedPhoto> {
    Ok(TimedPhoto { photo: row.photo.try_into()?, at: row.at })
}
