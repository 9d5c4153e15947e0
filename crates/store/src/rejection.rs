//! Files of batches that are no photos: nothing of them was kept but why.

use domain::{BatchId, EventId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as};

/// A file that was rejected.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Rejection {
    /// The name it was sent with.
    pub file_name: String,
    /// Why: a stable code.
    pub code: String,
}

/// Notes a rejected file of a batch.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &mut PgConnection,
    event_id: EventId,
    batch_id: BatchId,
    rejection_id: Uuid,
    rejection: &Rejection,
    at: OffsetDateTime,
) -> Result<()> {
    query(
        "insert into rejection (event_id, rejection_id, batch_id, file_name, code, rejected_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(event_id.0)
    .bind(rejection_id)
    .bind(batch_id.0)
    .bind(&rejection.file_name)
    .bind(&rejection.code)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

/// The first `limit` rejected files of a batch, in the order in which they came.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &mut PgConnection,
    event_id: EventId,
    batch_id: BatchId,
    limit: i64,
) -> Result<Vec<Rejection>> {
    Ok(query_as(
        "select file_name, code from rejection where event_id = $1 and batch_id = $2 \
         order by rejected_at, rejection_id limit $3",
    )
    .bind(event_id.0)
    .bind(batch_id.0)
    .bind(limit)
    .fetch_all(db)
    .await?)
}
