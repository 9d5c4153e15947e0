//! Seats of access packs, as visitors take them.

use domain::{EventId, VisitorId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};

/// What came of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The visitor has a seat.
    Yes,
    /// All seats are taken.
    UsedUp,
    /// No pack of the event has this code.
    NoSuchPack,
}

/// How many seats are free in the pack with this code, in whatever case it is written; `None` when there is no such pack.
///
/// # Errors
/// When the database fails.
pub async fn room(db: &mut PgConnection, event_id: EventId, code: &str) -> Result<Option<i64>> {
    Ok(query_scalar(
        "select seats - (select count(*) from visitor where visitor.event_id = $1 \
           and visitor.pack_id = access_pack.pack_id) \
         from access_pack where event_id = $1 and lower(code) = lower($2)",
    )
    .bind(event_id.0)
    .bind(code)
    .fetch_optional(db)
    .await?)
}

/// Gives the visitor a seat of the pack with this code. Who has a seat at the event, of this pack or another, keeps it.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    code: &str,
    now: OffsetDateTime,
) -> Result<Taken> {
    // Locked, so that no two take the last seat.
    let pack: Option<(Uuid, i32)> = query_as(
        "select pack_id, seats from access_pack where event_id = $1 and lower(code) = lower($2) for update",
    )
    .bind(event_id.0)
    .bind(code)
    .fetch_optional(&mut *db)
    .await?;
    let Some((pack_id, seats)) = pack else { return Ok(Taken::NoSuchPack) };
    let (has_seat, used): (bool, i64) = query_as(
        "select coalesce(bool_or(visitor_id = $3), false), count(*) filter (where pack_id = $2) from visitor \
         where event_id = $1 and (pack_id = $2 or visitor_id = $3 and pack_id is not null)",
    )
    .bind(event_id.0)
    .bind(pack_id)
    .bind(visitor_id.0)
    .fetch_one(&mut *db)
    .await?;
    if has_seat {
        return Ok(Taken::Yes);
    }
    if used >= i64::from(seats) {
        return Ok(Taken::UsedUp);
    }
    query(
        "update visitor set pack_id = $3, entered_at = $4, last_seen_at = $4 where event_id = $1 and visitor_id = $2",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .bind(pack_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(Taken::Yes)
}
