//! Photos in the order in which they were taken, as archives hold them: by the second, then by name.

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
    /// The second in which it was taken, in the camera's local time; when it does not say, in which it was uploaded, in
    /// UTC.
    pub at: PrimitiveDateTime,
}

impl TimedPhoto {
    /// The place behind this photo.
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at, file_name: self.photo.file_name.clone(), photo_id: self.photo.photo_id }
    }
}

#[derive(sqlx::FromRow)]
struct TimedRow {
    #[sqlx(flatten)]
    photo: Row,
    at: PrimitiveDateTime,
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

/// A page of the event's ready photos, by time.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &mut PgConnection,
    event_id: EventId,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<TimedPhoto>> {
    let rows: Vec<TimedRow> = query_as(
        "select * from (select *, date_trunc('second', coalesce(taken_at, uploaded_at at time zone 'UTC')) as at \
           from photo where event_id = $1 and state = 'ready') as timed \
         where $2::timestamp is null or (at, file_name collate \"C\", photo_id) > ($2, $3, $4) \
         order by at, file_name collate \"C\", photo_id limit $5",
    )
    .bind(event_id.0)
    .bind(after.map(|cursor| cursor.at))
    .bind(after.map(|cursor| cursor.file_name.as_str()))
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
        "select *, date_trunc('second', coalesce(taken_at, uploaded_at at time zone 'UTC')) as at from photo \
         where event_id = $1 and state = 'ready' and sha256 = any($2) \
         order by at, file_name collate \"C\", photo_id",
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
