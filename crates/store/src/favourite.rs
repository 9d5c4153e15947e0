//! Favourites: photos that a visitor marked.

use domain::{EventId, PhotoId, VisitorId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Result;
use crate::sql::query;

/// Marks a photo; marking it again changes nothing.
///
/// # Errors
/// When there is no such visitor or photo, or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
    photo_id: PhotoId,
    now: OffsetDateTime,
) -> Result<()> {
    query(
        "insert into favourite (event_id, visitor_id, photo_id, added_at) values ($1, $2, $3, $4) \
         on conflict do nothing",
    )
    .bind(event_id.0)
    .bind(visitor.0)
    .bind(photo_id.0)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a mark back; taking back what is not there is no error.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: VisitorId,
    photo_id: PhotoId,
) -> Result<()> {
    query("delete from favourite where event_id = $1 and visitor_id = $2 and photo_id = $3")
        .bind(event_id.0)
        .bind(visitor.0)
        .bind(photo_id.0)
        .execute(db)
        .await?;
    Ok(())
}
