//! How much may be uploaded: to an event, and by a person.

use domain::{EventId, UserId};
use sqlx::PgConnection;

use crate::Result;
use crate::sql::{query_as, query_scalar};

/// How many unfinished uploads one person may have.
pub const OPEN_UPLOADS_MAX: i64 = 1000;

/// How much may be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// So many bytes.
    Bytes(i64),
    /// As many as fit.
    Unlimited,
}

impl Allowance {
    pub(crate) fn bytes(self) -> Option<i64> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Unlimited => None,
        }
    }
}

/// Whether an upload may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Enough,
    /// The event has as many bytes as it may.
    EventFull,
    /// The person has uploaded as many bytes as they may.
    PersonFull,
    /// The person has too many uploads unfinished.
    TooManyOpen,
}

/// Whether `size_bytes` more may be uploaded to the event by this person. Where there is an allowance, its row stays
/// locked until the transaction ends, so that two uploads cannot both take what is left.
///
/// # Errors
/// When the database fails.
pub async fn room(
    db: &mut PgConnection,
    event_id: EventId,
    user_id: Option<UserId>,
    size_bytes: i64,
) -> Result<Room> {
    if !event_has_room(db, event_id, size_bytes).await? {
        return Ok(Room::EventFull);
    }
    match user_id {
        Some(user_id) => person_room(db, user_id, size_bytes).await,
        None => Ok(Room::Enough),
    }
}

async fn event_has_room(db: &mut PgConnection, event_id: EventId, size_bytes: i64) -> Result<bool> {
    let max: Option<i64> = query_scalar(
        "select bytes_max from event where event_id = $1 and bytes_max is not null for no key update",
    )
    .bind(event_id.0)
    .fetch_optional(&mut *db)
    .await?;
    let Some(max) = max else { return Ok(true) };
    let used: i64 = query_scalar(
        "select ((select coalesce(sum(size_bytes), 0) from photo where event_id = $1) \
         + (select coalesce(sum(size_bytes), 0) from upload where event_id = $1 and outcome is null))::bigint",
    )
    .bind(event_id.0)
    .fetch_one(db)
    .await?;
    Ok(used.saturating_add(size_bytes) <= max)
}

async fn person_room(db: &mut PgConnection, user_id: UserId, size_bytes: i64) -> Result<Room> {
    let max: Option<i64> = query_scalar(
        "select bytes_max from staff where user_id = $1 and bytes_max is not null for no key update",
    )
    .bind(user_id.0)
    .fetch_optional(&mut *db)
    .await?;
    let (open, uploading): (i64, i64) = query_as(
        "select count(*), coalesce(sum(size_bytes), 0)::bigint from upload where created_by = $1 and outcome is null",
    )
    .bind(user_id.0)
    .fetch_one(&mut *db)
    .await?;
    if open >= OPEN_UPLOADS_MAX {
        return Ok(Room::TooManyOpen);
    }
    let Some(max) = max else { return Ok(Room::Enough) };
    let stored: i64 =
        query_scalar("select coalesce(sum(size_bytes), 0)::bigint from photo where uploaded_by = $1")
            .bind(user_id.0)
            .fetch_one(db)
            .await?;
    let used = stored.saturating_add(uploading).saturating_add(size_bytes);
    Ok(if used <= max { Room::Enough } else { Room::PersonFull })
}
