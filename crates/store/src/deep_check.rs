//! What the check of a whole installation asks of the database, and the repairs that it makes.
//!
//! Rows are read page by page and without a lock; a repair locks the event, as every writer of photos does, and looks
//! at the row once more.

use domain::{Digest, EventId, JobId, PhotoId, PhotoState};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{expect_rows, query, query_as, query_scalar};
use crate::{Result, StoreError, event, job, listen, photo};

/// An event to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub event_id: EventId,
    /// The part of its address that names it.
    pub slug: String,
    /// Its title.
    pub name: String,
    /// How many photos it has.
    pub photos: i64,
}

/// A page of events, by id, behind `after`.
///
/// # Errors
/// When the database fails.
pub async fn events(db: &mut PgConnection, after: Option<EventId>, limit: i64) -> Result<Vec<EventRow>> {
    let rows: Vec<(Uuid, String, String, i64)> = query_as(
        "select event_id, slug, name, (select count(*) from photo where photo.event_id = event.event_id) \
         from event where $1::uuid is null or event_id > $1 order by event_id limit $2",
    )
    .bind(after.map(|event| event.0))
    .bind(limit)
    .fetch_all(db)
    .await?;
    let event = |(event_id, slug, name, photos)| EventRow { event_id: EventId(event_id), slug, name, photos };
    Ok(rows.into_iter().map(event).collect())
}

/// Those of `event_ids` that exist, or whose blobs a worker will delete.
///
/// # Errors
/// When the database fails.
pub async fn known_events(db: &mut PgConnection, event_ids: &[EventId]) -> Result<Vec<EventId>> {
    let ids: Vec<Uuid> = event_ids.iter().map(|event| event.0).collect();
    let known: Vec<Uuid> = query_scalar(
        "select event_id from event where event_id = any($1) union select event_id from purge where event_id = any($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().map(EventId).collect())
}

/// Where the job that reads a photo stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits, or a worker holds it, or let its lease run out and it comes back by itself.
    Open,
    /// It was tried too often and waits for a person.
    Dead,
}

/// A photo with all that the database has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoRow {
    /// Its id.
    pub photo_id: PhotoId,
    /// The SHA-256 of its original.
    pub sha256: Digest,
    /// The name under which it was uploaded.
    pub file_name: String,
    /// Length of its original.
    pub size_bytes: i64,
    /// Where it stands.
    pub state: PhotoState,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// How many faces it is said to have.
    pub face_count: i64,
    /// How many it has in the event's gallery.
    pub faces: i64,
    /// The job that reads it, if there is one.
    pub job: Option<JobState>,
}

#[derive(sqlx::FromRow)]
struct Row {
    photo_id: Uuid,
    sha256: Vec<u8>,
    file_name: String,
    size_bytes: i64,
    state: String,
    failure_code: Option<String>,
    face_count: i32,
    faces: i64,
    job: Option<String>,
}

impl TryFrom<Row> for PhotoRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            photo_id: PhotoId(row.photo_id),
            sha256: photo::digest(&row.sha256)?,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            state: photo::state(&row.state)?,
            failure_code: row.failure_code,
            face_count: i64::from(row.face_count),
            faces: row.faces,
            job: row.job.map(|state| if state == "dead" { JobState::Dead } else { JobState::Open }),
        })
    }
}

/// A page of an event's photos, by id, behind `after`.
///
/// # Errors
/// When the database fails.
pub async fn photos(
    db: &mut PgConnection,
    event_id: EventId,
    after: Option<PhotoId>,
    limit: i64,
) -> Result<Vec<PhotoRow>> {
    select(db, event_id, None, after, limit).await
}

/// One photo, or those behind one.
async fn select(
    db: &mut PgConnection,
    event_id: EventId,
    photo_id: Option<PhotoId>,
    after: Option<PhotoId>,
    limit: i64,
) -> Result<Vec<PhotoRow>> {
    let rows: Vec<Row> = query_as(
        "select photo_id, sha256, file_name, size_bytes, photo.state, failure_code, face_count, \
           (select count(*) from face where face.event_id = photo.event_id and face.photo_id = photo.photo_id \
             and face.pack = event.pack) as faces, \
           (select job.state from job where job.event_id = photo.event_id and job.photo_id = photo.photo_id \
             and kind = 'ingest_photo') as job \
         from photo join event using (event_id) where event_id = $1 and ($2::uuid is null or photo_id = $2) \
         and ($3::uuid is null or photo_id > $3) order by photo_id limit $4",
    )
    .bind(event_id.0)
    .bind(photo_id.map(|photo| photo.0))
    .bind(after.map(|photo| photo.0))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(PhotoRow::try_from).collect()
}

/// A photo as it stands while nobody else changes the photos of its event.
#[derive(Debug)]
pub struct LockedPhoto {
    event_id: EventId,
    /// The number of the change that a repair makes.
    change: i64,
    /// The photo.
    pub row: PhotoRow,
}

/// A photo, locked until the transaction ends; `None` when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn lock_photo(
    db: &mut PgConnection,
    event_id: EventId,
    photo_id: PhotoId,
) -> Result<Option<LockedPhoto>> {
    let Some(change) = event::next_change(db, event_id).await? else { return Ok(None) };
    let rows = select(db, event_id, Some(photo_id), None, 1).await?;
    Ok(rows.into_iter().next().map(|row| LockedPhoto { event_id, change, row }))
}

impl LockedPhoto {
    /// Marks it as failed, its original being lost: its faces leave the gallery, and nobody reads it any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_lost(&self, db: &mut PgConnection, code: &str, detail: &str) -> Result<()> {
        let (event, photo) = (self.event_id.0, self.row.photo_id.0);
        let marked = query(
            "update photo set state = 'failed', failure_code = $3, failure_detail = $4, face_count = 0, change = $5, \
             private_parts = null \
             where event_id = $1 and photo_id = $2",
        )
        .bind(event)
        .bind(photo)
        .bind(code)
        .bind(detail)
        .bind(self.change)
        .execute(&mut *db)
        .await?;
        expect_rows("mark_lost", 1, marked.rows_affected())?;
        query(
            "delete from job where event_id = $1 and photo_id = $2 and kind = 'ingest_photo' and state <> 'working'",
        )
        .bind(event)
        .bind(photo)
        .execute(&mut *db)
        .await?;
        self.remove_faces(&mut *db).await?;
        listen::tell(db, self.event_id).await
    }

    /// Galleries in memory are loaded anew: one that only looks for newer faces would keep these.
    async fn remove_faces(&self, db: &mut PgConnection) -> Result<()> {
        let removed = query("delete from face where event_id = $1 and photo_id = $2")
            .bind(self.event_id.0)
            .bind(self.row.photo_id.0)
            .execute(&mut *db)
            .await?;
        if removed.rows_affected() > 0 {
            query(
                "update event set gallery_version = gallery_version + 1, gallery_epoch = gallery_epoch + 1 \
                 where event_id = $1",
            )
            .bind(self.event_id.0)
            .execute(db)
            .await?;
        }
        Ok(())
    }

    /// Has it read again, also if it failed. One that is ready can be found all the while.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_again(&self, db: &mut PgConnection, job_id: JobId) -> Result<()> {
        photo::reset_failed(&mut *db, self.event_id, self.row.photo_id, self.change).await?;
        job::enqueue_ingest(&mut *db, self.event_id, job_id, self.row.photo_id).await?;
        listen::tell(db, self.event_id).await
    }
}

/// Those of `digests` that belong to a photo of the event, or whose blobs a worker will delete.
///
/// # Errors
/// When the database fails.
pub async fn with_photo(db: &mut PgConnection, event_id: EventId, digests: &[Digest]) -> Result<Vec<Digest>> {
    let asked: Vec<Vec<u8>> = digests.iter().map(|digest| digest.0.to_vec()).collect();
    let found: Vec<Vec<u8>> = query_scalar(
        "select sha256 from photo where event_id = $1 and sha256 = any($2) \
             union select sha256 from photo_purge where event_id = $1 and sha256 = any($2)",
    )
    .bind(event_id.0)
    .bind(asked)
    .fetch_all(db)
    .await?;
    found.iter().map(|bytes| photo::digest(bytes)).collect()
}

/// Those of `among` that are uploads of the event.
///
/// # Errors
/// When the database fails.
pub async fn upload_ids(db: &mut PgConnection, event_id: EventId, among: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(query_scalar("select upload_id from upload where event_id = $1 and upload_id = any($2)")
        .bind(event_id.0)
        .bind(among)
        .fetch_all(db)
        .await?)
}

/// Whether some upload of the event is unfinished.
///
/// # Errors
/// When the database fails.
pub async fn uploads_open(db: &mut PgConnection, event_id: EventId) -> Result<bool> {
    Ok(query_scalar("select exists (select from upload where event_id = $1 and outcome is null)")
        .bind(event_id.0)
        .fetch_one(db)
        .await?)
}
