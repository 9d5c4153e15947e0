//! The queue of background work as admins see it: what waits, what is worked on, what was set aside, over all events.

use domain::{EventId, JobId, PhotoId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::job::{Kind, tell};
use crate::page::AfterTime;
use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn, or for its next try.
    Waiting,
    /// A worker holds it.
    Working,
    /// It was tried too often.
    Dead,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Working => "working",
            Self::Dead => "dead",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        match text {
            "waiting" => Ok(Self::Waiting),
            "working" => Ok(Self::Working),
            "dead" => Ok(Self::Dead),
            other => Err(StoreError::Corrupt { noun: "job", why: format!("state {other:?}") }),
        }
    }
}

/// A piece of work, with the event and the photo that it is about.
#[derive(Clone, Debug)]
pub struct QueuedJob {
    /// Its id.
    pub job_id: JobId,
    /// What is to be done.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// At which event.
    pub event_id: EventId,
    /// The last part of the event's address.
    pub event_slug: String,
    /// The event's name.
    pub event_name: String,
    /// With which photo.
    pub photo_id: PhotoId,
    /// The name under which the photo was uploaded.
    pub file_name: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was, or will be, due.
    pub run_at: OffsetDateTime,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    job_id: Uuid,
    kind: String,
    state: String,
    event_id: Uuid,
    event_slug: String,
    event_name: String,
    photo_id: Uuid,
    file_name: String,
    attempts: i32,
    run_at: OffsetDateTime,
    last_error: Option<String>,
}

impl TryFrom<Row> for QueuedJob {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            job_id: JobId(row.job_id),
            kind: Kind::parse(&row.kind)?,
            state: State::parse(&row.state)?,
            event_id: EventId(row.event_id),
            event_slug: row.event_slug,
            event_name: row.event_name,
            photo_id: PhotoId(row.photo_id),
            file_name: row.file_name,
            attempts: row.attempts,
            run_at: row.run_at,
            last_error: row.last_error,
        })
    }
}

/// Which jobs to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those that stand here.
    pub state: Option<State>,
    /// Only those of this kind.
    pub kind: Option<Kind>,
    /// Behind the last row of the page before.
    pub after: Option<AfterTime>,
}

/// A page of jobs, the latest due first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, filter: &Filter, limit: i64) -> Result<Vec<QueuedJob>> {
    let rows: Vec<Row> = query_as(
        "select job_id, kind, job.state, event_id, slug as event_slug, event.name as event_name, photo_id, file_name, \
           attempts, run_at, last_error \
         from job join event using (event_id) join photo using (event_id, photo_id) \
         where ($1::text is null or job.state = $1) and ($2::text is null or kind = $2) \
         and ($3::timestamptz is null or (run_at, job_id) < ($3, $4)) order by run_at desc, job_id desc limit $5",
    )
    .bind(filter.state.map(State::as_str))
    .bind(filter.kind.map(Kind::as_str))
    .bind(filter.after.map(|after| after.at))
    .bind(filter.after.map(|after| after.id))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(QueuedJob::try_from).collect()
}

/// How many jobs stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Waiting for their turn, or for their next try.
    pub waiting: i64,
    /// Held by a worker.
    pub working: i64,
    /// Tried too often.
    pub dead: i64,
}

/// Counts the jobs of all events.
///
/// # Errors
/// When the database fails.
pub async fn counts(db: &mut PgConnection) -> Result<Counts> {
    Ok(query_as(
        "select count(*) filter (where state = 'waiting') as waiting, \
           count(*) filter (where state = 'working') as working, count(*) filter (where state = 'dead') as dead from job",
    )
    .fetch_one(db)
    .await?)
}

/// The event of a job.
///
/// # Errors
/// When the database fails.
pub async fn event_of(db: &mut PgConnection, job_id: JobId) -> Result<Option<EventId>> {
    let found: Option<Uuid> =
        query_scalar("select event_id from job where job_id = $1").bind(job_id.0).fetch_optional(db).await?;
    Ok(found.map(EventId))
}

/// The events that have dead jobs.
///
/// # Errors
/// When the database fails.
pub async fn events_with_dead(db: &mut PgConnection) -> Result<Vec<EventId>> {
    let found: Vec<Uuid> =
        query_scalar("select distinct event_id from job where state = 'dead' order by event_id")
            .fetch_all(db)
            .await?;
    Ok(found.into_iter().map(EventId).collect())
}

/// Makes a job due now, as if it had never been tried; one that a worker holds is being tried already and stays as it
/// is. `change` is the number that [`crate::event::next_change`] gave. True when there is such a job.
///
/// # Errors
/// When the database fails.
pub async fn retry(db: &mut PgConnection, event_id: EventId, job_id: JobId, change: i64) -> Result<bool> {
    let held: Option<bool> = query_scalar(
        "select state = 'working' and lease_until >= now() from job where event_id = $1 and job_id = $2 for update",
    )
    .bind(event_id.0)
    .bind(job_id.0)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(false) = held {
        revive(db, event_id, Some(job_id), change).await?;
    }
    Ok(held.is_some())
}

/// Makes all dead jobs of the event due now. Returns how many there were.
///
/// # Errors
/// When the database fails.
pub async fn retry_dead(db: &mut PgConnection, event_id: EventId, change: i64) -> Result<u64> {
    revive(db, event_id, None, change).await
}

/// Makes one job of the event due now, or all that are dead, and sets their photos back to waiting.
async fn revive(db: &mut PgConnection, event_id: EventId, only: Option<JobId>, change: i64) -> Result<u64> {
    let revived: Vec<(String, Uuid)> = query_as(
        "update job set state = 'waiting', attempts = 0, run_at = now(), lease_until = null, lease_token = null \
         where event_id = $1 and (job_id = $2 or ($2::uuid is null and state = 'dead')) returning kind, photo_id",
    )
    .bind(event_id.0)
    .bind(only.map(|job| job.0))
    .fetch_all(&mut *db)
    .await?;
    let unread: Vec<Uuid> = revived
        .iter()
        .filter(|(kind, _)| kind == Kind::IngestPhoto.as_str())
        .map(|(_, photo)| *photo)
        .collect();
    query(
        "update photo set state = 'waiting', failure_code = null, failure_detail = null, change = $3 \
         where event_id = $1 and photo_id = any($2) and state = 'failed'",
    )
    .bind(event_id.0)
    .bind(unread)
    .bind(change)
    .execute(&mut *db)
    .await?;
    tell(db).await?;
    Ok(u64::try_from(revived.len()).unwrap_or(u64::MAX))
}

/// What came of giving a job up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It is gone.
    Done,
    /// There is no such job.
    Unknown,
    /// Its event would switch to an index without the faces of its photo, and nobody would know.
    Refused,
}

/// Removes a job for good: what its worker may be making of it is dropped. A photo that was to be read becomes failed
/// with `given_up`; one that is to be read with another pack cannot be given up by itself. `change` is the number that
/// [`crate::event::next_change`] gave.
///
/// # Errors
/// When the database fails.
pub async fn give_up(
    db: &mut PgConnection,
    event_id: EventId,
    job_id: JobId,
    change: i64,
) -> Result<GivenUp> {
    let found: Option<(String, Uuid)> =
        query_as("select kind, photo_id from job where event_id = $1 and job_id = $2 for update")
            .bind(event_id.0)
            .bind(job_id.0)
            .fetch_optional(&mut *db)
            .await?;
    let Some((kind, photo_id)) = found else { return Ok(GivenUp::Unknown) };
    match Kind::parse(&kind)? {
        Kind::ReindexPhoto => return Ok(GivenUp::Refused),
        Kind::IngestPhoto => {}
    }
    query("delete from job where event_id = $1 and job_id = $2")
        .bind(event_id.0)
        .bind(job_id.0)
        .execute(&mut *db)
        .await?;
    let detail = "An admin has given up reading this photo.";
    crate::photo::fail_unread(db, event_id, PhotoId(photo_id), change, "given_up", detail).await?;
    Ok(GivenUp::Done)
}
