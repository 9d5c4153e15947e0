//! Batches: what somebody uploads in one go.

use domain::{BatchId, EventId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::page::AfterTime;
use crate::sql::{query, query_as};

/// A batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its id.
    pub batch_id: BatchId,
    /// What whoever began it calls it.
    pub name: String,
    /// When it was begun.
    pub created_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    batch_id: Uuid,
    name: String,
    created_at: OffsetDateTime,
}

impl From<Row> for Batch {
    fn from(row: Row) -> Self {
        Self { batch_id: BatchId(row.batch_id), name: row.name, created_at: row.created_at }
    }
}

/// Begins a batch.
///
/// # Errors
/// When the event is gone (`violates_reference`), or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    event_id: EventId,
    batch: &Batch,
    created_by: Option<UserId>,
) -> Result<()> {
    query("insert into batch (event_id, batch_id, name, created_by, created_at) values ($1, $2, $3, $4, $5)")
        .bind(event_id.0)
        .bind(batch.batch_id.0)
        .bind(&batch.name)
        .bind(created_by.map(|user| user.0))
        .bind(batch.created_at)
        .execute(db)
        .await?;
    Ok(())
}

/// A batch of the event.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId, batch_id: BatchId) -> Result<Option<Batch>> {
    let row: Option<Row> =
        query_as("select batch_id, name, created_at from batch where event_id = $1 and batch_id = $2")
            .bind(event_id.0)
            .bind(batch_id.0)
            .fetch_optional(db)
            .await?;
    Ok(row.map(Batch::from))
}

/// A page of the event's batches, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &mut PgConnection,
    event_id: EventId,
    after: Option<AfterTime>,
    limit: i64,
) -> Result<Vec<Batch>> {
    let rows: Vec<Row> = query_as(
        "select batch_id, name, created_at from batch where event_id = $1 \
         and ($2::timestamptz is null or (created_at, batch_id) < ($2, $3)) \
         order by created_at desc, batch_id desc limit $4",
    )
    .bind(event_id.0)
    .bind(after.map(|after| after.at))
    .bind(after.map(|after| after.id))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Batch::from).collect())
}

/// Notes that a file of the batch was in the event already.
///
/// # Errors
/// When the database fails.
pub async fn count_duplicate(db: &mut PgConnection, event_id: EventId, batch_id: BatchId) -> Result<()> {
    query("update batch set duplicate_count = duplicate_count + 1 where event_id = $1 and batch_id = $2")
        .bind(event_id.0)
        .bind(batch_id.0)
        .execute(db)
        .await?;
    Ok(())
}
