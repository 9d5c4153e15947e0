//! Events that were deleted while their blobs still have to be.

use domain::EventId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as};

/// An event whose blobs have to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// The event that was.
    pub event_id: EventId,
    /// How often its blobs were deleted before.
    pub passes: i32,
}

/// Asks for the blobs of an event to be deleted, in the transaction that deletes the event.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query("insert into purge (event_id, run_at) values ($1, now()) on conflict do nothing")
        .bind(event_id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes an event whose turn it is, and puts it off for `seconds`: whoever took it may end without a word.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &mut PgConnection, seconds: i32) -> Result<Option<Purge>> {
    let row: Option<(Uuid, i32)> = query_as(
        "update purge set run_at = now() + make_interval(secs => $1::int) where event_id = ( \
           select event_id from purge where run_at <= now() order by run_at limit 1 for update skip locked) \
         returning event_id, passes",
    )
    .bind(seconds)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(event_id, passes)| Purge { event_id: EventId(event_id), passes }))
}

/// Notes that the blobs were deleted. After the second time it is looked at once more a day later, and then no more.
///
/// # Errors
/// When the database fails.
pub async fn done(db: &mut PgConnection, purge: Purge) -> Result<()> {
    let statement = match purge.passes {
        0 => query("update purge set passes = 1 where event_id = $1 and passes = 0"),
        1 => query(
            "update purge set passes = 2, run_at = now() + interval '1 day' where event_id = $1 and passes = 1",
        ),
        _ => query("delete from purge where event_id = $1"),
    };
    statement.bind(purge.event_id.0).execute(db).await?;
    Ok(())
}
