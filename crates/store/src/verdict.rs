//! Verdicts: what a visitor says of a photo, "this is me" or "this is not me".

use domain::{EventId, PhotoId, VisitorId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as};

/// Sets the visitor's verdict on a photo, in place of an earlier one.
///
/// # Errors
/// When there is no such visitor or photo, or the database fails.
pub async fn set(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
    photo_id: PhotoId,
    is_me: bool,
    now: OffsetDateTime,
) -> Result<()> {
    query(
        "insert into verdict (event_id, visitor_id, photo_id, is_me, given_at) values ($1, $2, $3, $4, $5) \
         on conflict (event_id, visitor_id, photo_id) do update set is_me = $4, given_at = $5",
    )
    .bind(event_id.0)
    .bind(visitor.0)
    .bind(photo_id.0)
    .bind(is_me)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The photos of which the visitor said something, and whether they are in them; the latest first, at most `count`.
///
/// # Errors
/// When the database fails.
pub async fn of_visitor(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
    count: i64,
) -> Result<Vec<(PhotoId, bool)>> {
    let rows: Vec<(Uuid, bool)> = query_as(
        "select photo_id, is_me from verdict where event_id = $1 and visitor_id = $2 \
         order by given_at desc, photo_id limit $3",
    )
    .bind(event_id.0)
    .bind(visitor.0)
    .bind(count)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(photo_id, is_me)| (PhotoId(photo_id), is_me)).collect())
}

/// Deletes all that the visitor said. Returns of how many photos.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(db: &mut PgConnection, event_id: EventId, visitor: VisitorId) -> Result<u64> {
    let done = query("delete from verdict where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Takes a verdict back; taking back what is not there is no error.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
    photo_id: PhotoId,
) -> Result<()> {
    query("delete from verdict where event_id = $1 and visitor_id = $2 and photo_id = $3")
        .bind(event_id.0)
        .bind(visitor.0)
        .bind(photo_id.0)
        .execute(db)
        .await?;
    Ok(())
}
