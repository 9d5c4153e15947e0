//! Uploads: files on their way in, in parts, by the tus protocol.

use domain::{BatchId, EventId, PhotoId, UploadId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::sql::{query, query_as};
use crate::{Result, StoreError};

/// An upload.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its event.
    pub event_id: EventId,
    /// Its id.
    pub upload_id: UploadId,
    /// The batch that it belongs to.
    pub batch_id: Option<BatchId>,
    /// Who began it.
    pub created_by: Option<UserId>,
    /// The file's name.
    pub file_name: String,
    /// The header `Upload-Metadata`, as it came.
    pub metadata: String,
    /// Length of the file.
    pub size_bytes: i64,
    /// How much of it has arrived and is stored.
    pub received_bytes: i64,
    /// What became of the file, once it is whole.
    pub outcome: Option<Outcome>,
    /// Until when it can go on.
    pub expires_at: OffsetDateTime,
}

/// What became of an uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a new photo.
    Accepted(PhotoId),
    /// The event had it already.
    Duplicate(PhotoId),
    /// It is no photo, for this reason: a stable code.
    Rejected(String),
}

#[derive(sqlx::FromRow)]
struct Row {
    event_id: Uuid,
    upload_id: Uuid,
    batch_id: Option<Uuid>,
    created_by: Option<Uuid>,
    file_name: String,
    metadata: String,
    size_bytes: i64,
    received_bytes: i64,
    outcome: Option<String>,
    photo_id: Option<Uuid>,
    code: Option<String>,
    expires_at: OffsetDateTime,
}

impl TryFrom<Row> for Upload {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let outcome = match (row.outcome.as_deref(), row.photo_id, row.code) {
            (None, _, _) => None,
            (Some("accepted"), Some(photo_id), _) => Some(Outcome::Accepted(PhotoId(photo_id))),
            (Some("duplicate"), Some(photo_id), _) => Some(Outcome::Duplicate(PhotoId(photo_id))),
            (Some("rejected"), _, Some(code)) => Some(Outcome::Rejected(code)),
            (Some(other), _, _) => {
                return Err(StoreError::Corrupt { noun: "upload", why: format!("outcome {other:?}") });
            }
        };
        Ok(Self {
            event_id: EventId(row.event_id),
            upload_id: UploadId(row.upload_id),
            batch_id: row.batch_id.map(BatchId),
            created_by: row.created_by.map(UserId),
            file_name: row.file_name,
            metadata: row.metadata,
            size_bytes: row.size_bytes,
            received_bytes: row.received_bytes,
            outcome,
            expires_at: row.expires_at,
        })
    }
}

/// Begins an upload: a row with nothing received and no outcome.
///
/// # Errors
/// When the event or the batch is gone (`violates_reference`), or the database fails.
pub async fn insert(db: &mut PgConnection, upload: &Upload) -> Result<()> {
    query(
        "insert into upload (event_id, upload_id, batch_id, created_by, file_name, metadata, size_bytes, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(upload.event_id.0)
    .bind(upload.upload_id.0)
    .bind(upload.batch_id.map(|batch| batch.0))
    .bind(upload.created_by.map(|user| user.0))
    .bind(&upload.file_name)
    .bind(&upload.metadata)
    .bind(upload.size_bytes)
    .bind(upload.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// An upload of the event.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId, upload_id: UploadId) -> Result<Option<Upload>> {
    let row: Option<Row> = query_as("select * from upload where event_id = $1 and upload_id = $2")
        .bind(event_id.0)
        .bind(upload_id.0)
        .fetch_optional(db)
        .await?;
    row.map(Upload::try_from).transpose()
}

/// The same, locked until the transaction ends: whoever asks for its outcome next waits.
///
/// # Errors
/// When the database fails.
pub async fn lock(db: &mut PgConnection, event_id: EventId, upload_id: UploadId) -> Result<Option<Upload>> {
    let row: Option<Row> = query_as("select * from upload where event_id = $1 and upload_id = $2 for update")
        .bind(event_id.0)
        .bind(upload_id.0)
        .fetch_optional(db)
        .await?;
    row.map(Upload::try_from).transpose()
}

/// A stored piece of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where in the file it begins.
    pub start_byte: i64,
    /// Its length.
    pub size_bytes: i64,
    /// Under what name it is stored.
    pub part_id: Uuid,
}

/// Adds parts behind what has arrived, the first of them beginning at its end; false when the upload is gone or has
/// got on meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn append(
    db: &mut PgConnection,
    event_id: EventId,
    upload_id: UploadId,
    parts: &[Part],
    expires_at: OffsetDateTime,
) -> Result<bool> {
    let Some(first) = parts.first() else { return Ok(true) };
    let received: i64 = parts.iter().map(|part| part.size_bytes).sum();
    let done = query(
        "update upload set received_bytes = received_bytes + $4, expires_at = $5 \
         where event_id = $1 and upload_id = $2 and received_bytes = $3 and outcome is null",
    )
    .bind(event_id.0)
    .bind(upload_id.0)
    .bind(first.start_byte)
    .bind(received)
    .bind(expires_at)
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for part in parts {
        query("insert into upload_part (event_id, upload_id, start_byte, size_bytes, part_id) values ($1, $2, $3, $4, $5)")
            .bind(event_id.0)
            .bind(upload_id.0)
            .bind(part.start_byte)
            .bind(part.size_bytes)
            .bind(part.part_id)
            .execute(&mut *db)
            .await?;
    }
    Ok(true)
}

/// The parts of an upload, in their order.
///
/// # Errors
/// When the database fails.
pub async fn parts(db: &mut PgConnection, event_id: EventId, upload_id: UploadId) -> Result<Vec<Part>> {
    let rows: Vec<(i64, i64, Uuid)> = query_as(
        "select start_byte, size_bytes, part_id from upload_part where event_id = $1 and upload_id = $2 \
         order by start_byte",
    )
    .bind(event_id.0)
    .bind(upload_id.0)
    .fetch_all(db)
    .await?;
    let part = |(start_byte, size_bytes, part_id)| Part { start_byte, size_bytes, part_id };
    Ok(rows.into_iter().map(part).collect())
}

/// Writes down what became of an upload, and forgets its parts, whose blobs are the caller's to delete.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    db: &mut PgConnection,
    event_id: EventId,
    upload_id: UploadId,
    outcome: &Outcome,
) -> Result<()> {
    let (text, photo_id, code) = match outcome {
        Outcome::Accepted(photo_id) => ("accepted", Some(photo_id.0), None),
        Outcome::Duplicate(photo_id) => ("duplicate", Some(photo_id.0), None),
        Outcome::Rejected(code) => ("rejected", None, Some(code.as_str())),
    };
    query("update upload set outcome = $3, photo_id = $4, code = $5 where event_id = $1 and upload_id = $2")
        .bind(event_id.0)
        .bind(upload_id.0)
        .bind(text)
        .bind(photo_id)
        .bind(code)
        .execute(&mut *db)
        .await?;
    query("delete from upload_part where event_id = $1 and upload_id = $2")
        .bind(event_id.0)
        .bind(upload_id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes down whether the blobs of an upload's parts are deleted, if it has an outcome.
///
/// # Errors
/// When the database fails.
pub async fn set_parts_gone(
    db: &mut PgConnection,
    event_id: EventId,
    upload_id: UploadId,
    gone: bool,
) -> Result<()> {
    query(
        "update upload set parts_gone = $3 where event_id = $1 and upload_id = $2 and outcome is not null \
         and parts_gone <> $3",
    )
    .bind(event_id.0)
    .bind(upload_id.0)
    .bind(gone)
    .execute(db)
    .await?;
    Ok(())
}

/// Some uploads that have an outcome and the blobs of whose parts are still to be deleted.
///
/// # Errors
/// When the database fails.
pub async fn with_parts(db: &mut PgConnection, limit: i64) -> Result<Vec<(EventId, UploadId)>> {
    let rows: Vec<(Uuid, Uuid)> = query_as(
        "select event_id, upload_id from upload where outcome is not null and not parts_gone \
         order by expires_at limit $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(event_id, upload_id)| (EventId(event_id), UploadId(upload_id))).collect())
}

/// Lets an upload run out now; true when there was one.
///
/// # Errors
/// When the database fails.
pub async fn run_out(db: &mut PgConnection, event_id: EventId, upload_id: UploadId) -> Result<bool> {
    let done = query("update upload set expires_at = 'epoch' where event_id = $1 and upload_id = $2")
        .bind(event_id.0)
        .bind(upload_id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an upload, whose blobs are the caller's to delete; true when there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, upload_id: UploadId) -> Result<bool> {
    let done = query("delete from upload where event_id = $1 and upload_id = $2")
        .bind(event_id.0)
        .bind(upload_id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an upload if it has run out.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(
    db: &mut PgConnection,
    event_id: EventId,
    upload_id: UploadId,
    now: OffsetDateTime,
) -> Result<()> {
    query("delete from upload where event_id = $1 and upload_id = $2 and expires_at < $3")
        .bind(event_id.0)
        .bind(upload_id.0)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Some uploads that have run out, the first to do so first; their blobs are still to be deleted.
///
/// # Errors
/// When the database fails.
pub async fn expired(
    db: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<(EventId, UploadId)>> {
    let rows: Vec<(Uuid, Uuid)> =
        query_as("select event_id, upload_id from upload where expires_at < $1 order by expires_at limit $2")
            .bind(now)
            .bind(limit)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|(event_id, upload_id)| (EventId(event_id), UploadId(upload_id))).collect())
}

/// Uploads that have arrived whole and were not finished, of those that run out after `now` and before
/// `expiring_before`: whoever received their last part was interrupted.
///
/// # Errors
/// When the database fails.
pub async fn unfinished(
    db: &mut PgConnection,
    now: OffsetDateTime,
    expiring_before: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Upload>> {
    let rows: Vec<Row> = query_as(
        "select * from upload where received_bytes = size_bytes and outcome is null and expires_at >= $1 \
         and expires_at < $2 order by expires_at limit $3",
    )
    .bind(now)
    .bind(expiring_before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Upload::try_from).collect()
}
