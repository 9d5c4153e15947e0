//! The queue of background work: claimed with a lease, retried with back-off, set aside as dead in the end.

use domain::{EventId, JobId, PhotoId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// What is to be done. The kinds are claimed in the alphabetical order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Reading a photo that came.
    IngestPhoto,
    /// Finding the faces of a photo with another model pack.
    ReindexPhoto,
}

impl Kind {
    /// Its name in the table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::IngestPhoto => "ingest_photo",
            Self::ReindexPhoto => "reindex_photo",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text {
            "ingest_photo" => Ok(Self::IngestPhoto),
            "reindex_photo" => Ok(Self::ReindexPhoto),
            other => Err(StoreError::Corrupt { noun: "job", why: format!("kind {other:?}") }),
        }
    }
}

/// A piece of work that a worker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The event it belongs to.
    pub event_id: EventId,
    /// Its id.
    pub job_id: JobId,
    /// What is to be done.
    pub kind: Kind,
    /// The photo to read.
    pub photo_id: PhotoId,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Enqueues the reading of a photo. Enqueuing it twice enqueues it once; a dead job comes to life again.
///
/// # Errors
/// When the photo does not exist, or the database fails.
pub async fn enqueue_ingest(
    db: &mut PgConnection,
    event_id: EventId,
    job_id: JobId,
    photo_id: PhotoId,
) -> Result<()> {
    query(
        "insert into job (event_id, job_id, kind, photo_id, run_at) values ($1, $2, 'ingest_photo', $3, now()) \
         on conflict (event_id, kind, photo_id) do update set state = 'waiting', attempts = 0, run_at = now() \
         where job.state = 'dead'",
    )
    .bind(event_id.0)
    .bind(job_id.0)
    .bind(photo_id.0)
    .execute(&mut *db)
    .await?;
    tell(db).await
}

/// Tells the workers that there is work, as the transaction commits.
pub(crate) async fn tell(db: &mut PgConnection) -> Result<()> {
    query("select pg_notify($1, 'job')").bind(crate::listen::CHANNEL).execute(db).await?;
    Ok(())
}

/// Claims up to `limit` jobs for `lease_seconds`: due ones, and those whose worker let its lease run out. The
/// result must be written under `lease_token`.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &mut PgConnection,
    lease_token: Uuid,
    lease_seconds: i32,
    limit: i64,
) -> Result<Vec<Job>> {
    let rows: Vec<(Uuid, Uuid, String, Uuid, i32)> = query_as(
        "with chosen as (select event_id, job_id from job \
           where (state = 'waiting' and run_at <= now()) or (state = 'working' and lease_until < now()) \
           order by kind, run_at limit $3 for update skip locked) \
         update job set state = 'working', attempts = attempts + 1, lease_token = $1, \
           lease_until = now() + make_interval(secs => $2::int) \
         from chosen where job.event_id = chosen.event_id and job.job_id = chosen.job_id \
         returning job.event_id, job.job_id, job.kind, job.photo_id, job.attempts",
    )
    .bind(lease_token)
    .bind(lease_seconds)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let job = |(event_id, job_id, kind, photo_id, attempts): (Uuid, Uuid, String, Uuid, i32)| {
        Ok(Job {
            event_id: EventId(event_id),
            job_id: JobId(job_id),
            kind: Kind::parse(&kind)?,
            photo_id: PhotoId(photo_id),
            attempts,
        })
    };
    rows.into_iter().map(job).collect()
}

/// Prolongs all leases under `lease_token`.
///
/// # Errors
/// When the database fails.
pub async fn renew(db: &mut PgConnection, lease_token: Uuid, lease_seconds: i32) -> Result<()> {
    // In an order, so that nobody waits in a circle.
    query(
        "with held as (select event_id, job_id from job where lease_token = $1 and state = 'working' \
           order by event_id, job_id for update) \
         update job set lease_until = now() + make_interval(secs => $2::int) from held \
         where job.event_id = held.event_id and job.job_id = held.job_id",
    )
    .bind(lease_token)
    .bind(lease_seconds)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a job back to be tried again after `delay_seconds`; true when the lease was still ours.
///
/// # Errors
/// When the database fails.
pub async fn retry_later(
    db: &mut PgConnection,
    job: &Job,
    lease_token: Uuid,
    delay_seconds: i32,
    error: &str,
) -> Result<bool> {
    let done = query(
        "update job set state = 'waiting', run_at = now() + make_interval(secs => $4::int), last_error = $5, \
         lease_until = null, lease_token = null where event_id = $1 and job_id = $2 and lease_token = $3",
    )
    .bind(job.event_id.0)
    .bind(job.job_id.0)
    .bind(lease_token)
    .bind(delay_seconds)
    .bind(error)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a job back as if it had not been tried, because not its photo but this process is in the way; true when the
/// lease was still ours.
///
/// # Errors
/// When the database fails.
pub async fn postpone(
    db: &mut PgConnection,
    job: &Job,
    lease_token: Uuid,
    delay_seconds: i32,
    error: &str,
) -> Result<bool> {
    let done = query(
        "update job set state = 'waiting', attempts = greatest(attempts - 1, 0), last_error = $5, \
         run_at = now() + make_interval(secs => $4::int), lease_until = null, lease_token = null \
         where event_id = $1 and job_id = $2 and lease_token = $3",
    )
    .bind(job.event_id.0)
    .bind(job.job_id.0)
    .bind(lease_token)
    .bind(delay_seconds)
    .bind(error)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets a job aside for a person to look at; true when the lease was still ours.
///
/// # Errors
/// When the database fails.
pub async fn bury(db: &mut PgConnection, job: &Job, lease_token: Uuid, error: &str) -> Result<bool> {
    let done = query(
        "update job set state = 'dead', last_error = $4, lease_until = null, lease_token = null \
         where event_id = $1 and job_id = $2 and lease_token = $3",
    )
    .bind(job.event_id.0)
    .bind(job.job_id.0)
    .bind(lease_token)
    .bind(error)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Frees every lease: only for a process that knows it is the only one, such as the first on a private database
/// after a crash. The interrupted try stays counted, so that a photo which ends the process each time is buried.
///
/// # Errors
/// When the database fails.
pub async fn release_all(db: &mut PgConnection) -> Result<u64> {
    let done = query(
        "update job set state = 'waiting', run_at = now(), lease_until = null, lease_token = null \
         where state = 'working'",
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// How many jobs of an event (or of all) are not done and not dead.
///
/// # Errors
/// When the database fails.
pub async fn open_count(db: &mut PgConnection, event_id: Option<EventId>) -> Result<i64> {
    Ok(query_scalar("select count(*) from job where state <> 'dead' and ($1::uuid is null or event_id = $1)")
        .bind(event_id.map(|event| event.0))
        .fetch_one(db)
        .await?)
}

/// How many jobs are dead.
///
/// # Errors
/// When the database fails.
pub async fn dead_count(db: &mut PgConnection) -> Result<i64> {
    Ok(query_scalar("select count(*) from job where state = 'dead'").fetch_one(db).await?)
}
