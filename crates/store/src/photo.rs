//! Photos.

use domain::{BatchId, Digest, EventId, PhotoId, PhotoState, UserId};
use sqlx::PgConnection;
use time::{OffsetDateTime, PrimitiveDateTime};
use uuid::Uuid;

use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// A photo.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Its id.
    pub photo_id: PhotoId,
    /// The SHA-256 of its file, which is also its key in the blob store.
    pub sha256: Digest,
    /// The name under which it was uploaded.
    pub file_name: String,
    /// Such as `image/jpeg`.
    pub media_type: String,
    /// Length of the original.
    pub size_bytes: i64,
    /// Where it stands.
    pub state: PhotoState,
    /// Why it failed: a stable code.
    pub failure_code: Option<String>,
    /// Why it failed: a sentence in English.
    pub failure_detail: Option<String>,
    /// Width as a person sees it, once it is ready.
    pub width_px: Option<i32>,
    /// Height as a person sees it, once it is ready.
    pub height_px: Option<i32>,
    /// How many faces it has, once it is ready.
    pub face_count: i32,
    /// When it was taken, in the camera's local time.
    pub taken_at: Option<PrimitiveDateTime>,
    /// Who uploaded it, if that person still has an account.
    pub uploaded_by: Option<UserId>,
    /// When it was uploaded.
    pub uploaded_at: OffsetDateTime,
    /// The batch that it came with.
    pub batch_id: Option<BatchId>,
    /// Whether visitors may see it.
    pub published: bool,
    /// The event's number of its last change.
    pub change: i64,
    /// What of its original is private, once that is known: until then nobody gets the original.
    pub private_parts: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    photo_id: Uuid,
    sha256: Vec<u8>,
    file_name: String,
    media_type: String,
    size_bytes: i64,
    state: String,
    failure_code: Option<String>,
    failure_detail: Option<String>,
    width_px: Option<i32>,
    height_px: Option<i32>,
    face_count: i32,
    taken_at: Option<PrimitiveDateTime>,
    uploaded_by: Option<Uuid>,
    uploaded_at: OffsetDateTime,
    batch_id: Option<Uuid>,
    published: bool,
    change: i64,
    private_parts: Option<Vec<u8>>,
}

impl TryFrom<Row> for Photo {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            photo_id: PhotoId(row.photo_id),
            sha256: digest(&row.sha256)?,
            file_name: row.file_name,
            media_type: row.media_type,
            size_bytes: row.size_bytes,
            state: state(&row.state)?,
            failure_code: row.failure_code,
            failure_detail: row.failure_detail,
            width_px: row.width_px,
            height_px: row.height_px,
            face_count: row.face_count,
            taken_at: row.taken_at,
            uploaded_by: row.uploaded_by.map(UserId),
            uploaded_at: row.uploaded_at,
            batch_id: row.batch_id.map(BatchId),
            published: row.published,
            change: row.change,
            private_parts: row.private_parts,
        })
    }
}

pub(crate) fn digest(bytes: &[u8]) -> Result<Digest> {
    let bytes = bytes
        .try_into()
        .map_err(|_| StoreError::Corrupt { noun: "photo", why: "sha256 has not 32 bytes".to_owned() })?;
    Ok(Digest(bytes))
}

pub(crate) fn state(text: &str) -> Result<PhotoState> {
    match text {
        "waiting" => Ok(PhotoState::Waiting),
        "ready" => Ok(PhotoState::Ready),
        "failed" => Ok(PhotoState::Failed),
        other => Err(StoreError::Corrupt { noun: "photo", why: format!("state {other:?}") }),
    }
}

pub(crate) fn state_text(state: PhotoState) -> &'static str {
    match state {
        PhotoState::Waiting => "waiting",
        PhotoState::Ready => "ready",
        PhotoState::Failed => "failed",
    }
}

/// A photo whose bytes are in the blob store.
#[derive(Debug)]
pub struct NewPhoto<'a> {
    /// Its event.
    pub event_id: EventId,
    /// The batch that it came with.
    pub batch_id: Option<BatchId>,
    /// The number that [`crate::event::next_change`] gave.
    pub change: i64,
    /// Its id, if the event does not have these bytes yet.
    pub photo_id: PhotoId,
    /// The SHA-256 of its file.
    pub sha256: Digest,
    /// The name under which it was uploaded.
    pub file_name: &'a str,
    /// Such as `image/jpeg`.
    pub media_type: &'a str,
    /// Length of the file.
    pub size_bytes: i64,
    /// Who uploaded it; nobody when it came by the command line.
    pub uploaded_by: Option<UserId>,
    /// When.
    pub uploaded_at: OffsetDateTime,
}

/// Adds a photo; true when it is new, false when the event has the same bytes already. Where the event's photos are
/// looked over first, it waits for that.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, new: &NewPhoto<'_>) -> Result<bool> {
    let done = query(
        "insert into photo (event_id, photo_id, sha256, file_name, media_type, size_bytes, uploaded_by, uploaded_at, \
         batch_id, change, published) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
           coalesce((select not review_enabled from event where event_id = $1), true)) \
         on conflict (event_id, sha256) do nothing",
    )
    .bind(new.event_id.0)
    .bind(new.photo_id.0)
    .bind(new.sha256.0.as_slice())
    .bind(new.file_name)
    .bind(new.media_type)
    .bind(new.size_bytes)
    .bind(new.uploaded_by.map(|user| user.0))
    .bind(new.uploaded_at)
    .bind(new.batch_id.map(|batch| batch.0))
    .bind(new.change)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The photo of this event with these bytes.
///
/// # Errors
/// When the database fails.
pub async fn id_by_sha256(
    db: &mut PgConnection,
    event_id: EventId,
    sha256: Digest,
) -> Result<Option<PhotoId>> {
    let id: Option<Uuid> = query_scalar("select photo_id from photo where event_id = $1 and sha256 = $2")
        .bind(event_id.0)
        .bind(sha256.0.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(id.map(PhotoId))
}

/// Why a photo failed whose original the photo store has lost: sending it again mends it.
const LOST: [&str; 2] = ["original_missing", "original_damaged"];

/// Which of these digests the event has photos of; not those whose originals were lost.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &mut PgConnection, event_id: EventId, sha256: &[Digest]) -> Result<Vec<Digest>> {
    let asked: Vec<&[u8]> = sha256.iter().map(|digest| digest.0.as_slice()).collect();
    let found: Vec<Vec<u8>> = query_scalar(
        "select sha256 from photo where event_id = $1 and sha256 = any($2) \
         and not (state = 'failed' and failure_code = any($3))",
    )
    .bind(event_id.0)
    .bind(asked)
    .bind(LOST)
    .fetch_all(db)
    .await?;
    found.iter().map(|bytes| digest(bytes)).collect()
}

/// Sets the photo with these bytes back to waiting if its original was lost; its id if so.
///
/// # Errors
/// When the database fails.
pub async fn restore_lost(
    db: &mut PgConnection,
    event_id: EventId,
    sha256: Digest,
    change: i64,
) -> Result<Option<PhotoId>> {
    let id: Option<Uuid> = query_scalar(
        "update photo set state = 'waiting', failure_code = null, failure_detail = null, change = $4 \
         where event_id = $1 and sha256 = $2 and state = 'failed' and failure_code = any($3) returning photo_id",
    )
    .bind(event_id.0)
    .bind(sha256.0.as_slice())
    .bind(LOST)
    .bind(change)
    .fetch_optional(db)
    .await?;
    Ok(id.map(PhotoId))
}

/// One photo of an event.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId, photo_id: PhotoId) -> Result<Option<Photo>> {
    let row: Option<Row> = query_as("select * from photo where event_id = $1 and photo_id = $2")
        .bind(event_id.0)
        .bind(photo_id.0)
        .fetch_optional(db)
        .await?;
    row.map(Photo::try_from).transpose()
}

/// The photos of an event with these ids, in no order; ids it does not have are left out.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &mut PgConnection, event_id: EventId, photo_ids: &[PhotoId]) -> Result<Vec<Photo>> {
    let ids: Vec<Uuid> = photo_ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = query_as("select * from photo where event_id = $1 and photo_id = any($2)")
        .bind(event_id.0)
        .bind(ids)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Photo::try_from).collect()
}

/// How many photos of an event, or of a batch, stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// All of them.
    pub received: i64,
    /// Stored, and nobody is reading them yet.
    pub waiting: i64,
    /// Being read.
    pub working: i64,
    /// Can be found.
    pub ready: i64,
    /// Ready, but without a face.
    pub without_faces: i64,
    /// Cannot be read.
    pub failed: i64,
    /// Files of batches that the event had already.
    pub duplicates: i64,
    /// Files of batches that are no photos.
    pub rejected: i64,
    /// Faces of the ready ones.
    pub faces: i64,
}

impl Counts {
    /// Stored, faces not known yet.
    pub fn unread(&self) -> i64 {
        self.waiting + self.working
    }
}

/// Counts the event's photos.
///
/// # Errors
/// When the database fails.
pub async fn counts(db: &mut PgConnection, event_id: EventId) -> Result<Counts> {
    Ok(counts_of(db, &[event_id]).await?.pop().unwrap_or_default())
}

/// What [`Counts`] counts of `photo` and of the `job` that reads it.
macro_rules! counted {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "count(photo_id) as received, \
             count(*) filter (where photo.state = 'waiting' and job_id is null) as waiting, \
             count(*) filter (where photo.state = 'waiting' and job_id is not null) as working, \
             count(*) filter (where photo.state = 'ready') as ready, \
             count(*) filter (where photo.state = 'ready' and face_count = 0) as without_faces, \
             count(*) filter (where photo.state = 'failed') as failed, \
             coalesce(sum(face_count), 0)::bigint as faces, ",
            $after
        )
    };
}

/// Counts the photos of each of `event_ids`, in the same order.
///
/// # Errors
/// When the database fails.
pub async fn counts_of(db: &mut PgConnection, event_ids: &[EventId]) -> Result<Vec<Counts>> {
    let ids: Vec<Uuid> = event_ids.iter().map(|event| event.0).collect();
    Ok(query_as(counted!(
        "select ",
        "(select coalesce(sum(duplicate_count), 0)::bigint from batch where batch.event_id = asked.event_id) \
           as duplicates, \
         (select count(*) from rejection where rejection.event_id = asked.event_id) as rejected \
         from unnest($1::uuid[]) with ordinality as asked (event_id, place) left join photo using (event_id) \
         left join (select event_id, photo_id, job_id from job where kind = 'ingest_photo' and state = 'working') \
           as reading using (event_id, photo_id) \
         group by asked.event_id, place order by place"
    ))
    .bind(ids)
    .fetch_all(db)
    .await?)
}

/// Counts the photos of each of `batch_ids`, in the same order.
///
/// # Errors
/// When the database fails.
pub async fn counts_of_batches(
    db: &mut PgConnection,
    event_id: EventId,
    batch_ids: &[BatchId],
) -> Result<Vec<Counts>> {
    let ids: Vec<Uuid> = batch_ids.iter().map(|batch| batch.0).collect();
    Ok(query_as(counted!(
        "select ",
        "coalesce(max(batch.duplicate_count), 0)::bigint as duplicates, \
         (select count(*) from rejection where rejection.event_id = $1 and rejection.batch_id = asked.batch_id) \
           as rejected \
         from unnest($2::uuid[]) with ordinality as asked (batch_id, place) \
         left join batch on batch.event_id = $1 and batch.batch_id = asked.batch_id \
         left join photo on photo.event_id = $1 and photo.batch_id = asked.batch_id \
         left join (select photo_id, job_id from job \
             where event_id = $1 and kind = 'ingest_photo' and state = 'working') \
           as reading using (photo_id) \
         group by asked.batch_id, place order by place"
    ))
    .bind(event_id.0)
    .bind(ids)
    .fetch_all(db)
    .await?)
}

/// Where a list of changes goes on: behind this photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterChange {
    /// The event's number of the change.
    pub change: i64,
    /// The last photo of that change that was told; `None`: all of it were.
    pub photo_id: Option<PhotoId>,
}

/// The photos that changed after `after`, up to and including the change `up_to`, in the order of their changes; of one
/// batch or of the whole event.
///
/// # Errors
/// When the database fails.
pub async fn changed(
    db: &mut PgConnection,
    event_id: EventId,
    batch_id: Option<BatchId>,
    after: AfterChange,
    up_to: i64,
    limit: i64,
) -> Result<Vec<Photo>> {
    let rows: Vec<Row> = query_as(
        "select * from photo where event_id = $1 and ($2::uuid is null or batch_id = $2) \
         and (change > $3 or (change = $3 and photo_id > $4)) and change <= $5 \
         order by change, photo_id limit $6",
    )
    .bind(event_id.0)
    .bind(batch_id.map(|batch| batch.0))
    .bind(after.change)
    .bind(after.photo_id.map(|photo| photo.0))
    .bind(up_to)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Photo::try_from).collect()
}

/// Sets a failed photo back to waiting; true when there was such a photo.
///
/// # Errors
/// When the database fails.
pub async fn reset_failed(
    db: &mut PgConnection,
    event_id: EventId,
    photo_id: PhotoId,
    change: i64,
) -> Result<bool> {
    let done = query(
        "update photo set state = 'waiting', failure_code = null, failure_detail = null, change = $3 \
         where event_id = $1 and photo_id = $2 and state = 'failed'",
    )
    .bind(event_id.0)
    .bind(photo_id.0)
    .bind(change)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets all failed photos of the event, or of one batch, back to waiting, and enqueues their reading. Returns how many
/// there were.
///
/// # Errors
/// When the database fails.
pub async fn retry_failed(
    db: &mut PgConnection,
    event_id: EventId,
    batch_id: Option<BatchId>,
    change: i64,
) -> Result<u64> {
    let done = query(
        "with again as (update photo set state = 'waiting', failure_code = null, failure_detail = null, change = $3 \
           where event_id = $1 and ($2::uuid is null or batch_id = $2) and state = 'failed' returning photo_id) \
         insert into job (event_id, job_id, kind, photo_id, run_at) \
           select $1, gen_random_uuid(), 'ingest_photo', photo_id, now() from again \
         on conflict (event_id, kind, photo_id) do update set state = 'waiting', attempts = 0, run_at = now(), \
           lease_until = null, lease_token = null",
    )
    .bind(event_id.0)
    .bind(batch_id.map(|batch| batch.0))
    .bind(change)
    .execute(&mut *db)
    .await?;
    crate::job::tell(db).await?;
    Ok(done.rows_affected())
}

/// Marks a photo as failed, with the reason, unless it is ready: one that was to be read again stays as it was.
///
/// # Errors
/// When the database fails.
pub async fn fail_unread(
    db: &mut PgConnection,
    event_id: EventId,
    photo_id: PhotoId,
    change: i64,
    code: &str,
    detail: &str,
) -> Result<()> {
    query(
        "update photo set state = 'failed', failure_code = $3, failure_detail = $4, change = $5 \
         where event_id = $1 and photo_id = $2 and state <> 'ready'",
    )
    .bind(event_id.0)
    .bind(photo_id.0)
    .bind(code)
    .bind(detail)
    .bind(change)
    .execute(db)
    .await?;
    Ok(())
}
