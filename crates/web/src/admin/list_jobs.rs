//! `GET /api/jobs`: the queue of background work.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Store;
use store::job::Kind;
use store::job_admin::{Counts, Filter, QueuedJob, State as Standing};
use store::page::Order;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::{Admin, Params};
use crate::page;

/// Where a job stands: it waits for its turn or its next try, a worker has it, or it was tried too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn, or for its next try.
    Waiting,
    /// A worker has it.
    Working,
    /// It was tried too often.
    Dead,
}

/// What is to be done: reading a photo that came, or reading it with another model pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reading a photo that came.
    IngestPhoto,
    /// Finding the faces of a photo with another model pack.
    ReindexPhoto,
}

impl From<Standing> for JobState {
    fn from(stored: Standing) -> Self {
        match stored {
            Standing::Waiting => Self::Waiting,
            Standing::Working => Self::Working,
            Standing::Dead => Self::Dead,
        }
    }
}

impl From<JobState> for Standing {
    fn from(asked: JobState) -> Self {
        match asked {
            JobState::Waiting => Self::Waiting,
            JobState::Working => Self::Working,
            JobState::Dead => Self::Dead,
        }
    }
}

impl From<Kind> for JobKind {
    fn from(stored: Kind) -> Self {
        match stored {
            Kind::IngestPhoto => Self::IngestPhoto,
            Kind::ReindexPhoto => Self::ReindexPhoto,
        }
    }
}

impl From<JobKind> for Kind {
    fn from(asked: JobKind) -> Self {
        match asked {
            JobKind::IngestPhoto => Self::IngestPhoto,
            JobKind::ReindexPhoto => Self::ReindexPhoto,
        }
    }
}

/// Which jobs to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobFilter {
    /// Only those that stand here.
    #[param(inline)]
    state: Option<JobState>,
    /// Only those of this kind.
    #[param(inline)]
    kind: Option<JobKind>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// The event that a job belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobEvent {
    event_id: Uuid,
    slug: String,
    name: String,
}

/// A piece of background work.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Job {
    job_id: Uuid,
    kind: JobKind,
    state: JobState,
    event: JobEvent,
    photo_id: Uuid,
    /// The name under which the photo was uploaded.
    file_name: String,
    /// How often it was tried.
    attempts: i32,
    /// When it was, or will be, due.
    #[serde(with = "time::serde::rfc3339")]
    run_at: OffsetDateTime,
    /// Why the last try failed, in English, as the log says it.
    last_error: Option<String>,
}

impl From<QueuedJob> for Job {
    fn from(stored: QueuedJob) -> Self {
        let (event_id, slug, name) = (stored.event_id.0, stored.event_slug, stored.event_name);
        Self {
            job_id: stored.job_id.0,
            kind: stored.kind.into(),
            state: stored.state.into(),
            event: JobEvent { event_id, slug, name },
            photo_id: stored.photo_id.0,
            file_name: stored.file_name,
            attempts: stored.attempts,
            run_at: stored.run_at,
            last_error: stored.last_error,
        }
    }
}

/// How many jobs there are, whatever the filter.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobCounts {
    waiting: i64,
    working: i64,
    dead: i64,
}

/// A page of the queue, the latest due first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobPage {
    jobs: Vec<Job>,
    counts: JobCounts,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists background work that is not done yet, of all events, the latest due first.
#[utoipa::path(get, path = "/api/jobs", tag = "system", params(JobFilter), responses((status = 200, body = JobPage)))]
pub async fn list_jobs(
    _: Admin,
    State(store): State<Store>,
    Params(asked): Params<JobFilter>,
) -> Result<Json<JobPage>, Problem> {
    let limit = page::limit(asked.limit);
    let filter = Filter {
        state: asked.state.map(Standing::from),
        kind: asked.kind.map(Kind::from),
        after: page::after_time(asked.after.as_deref())?,
    };
    let mut tx = store.begin().await?;
    let found = store::job_admin::list(&mut tx, &filter, limit).await?;
    let Counts { waiting, working, dead } = store::job_admin::counts(&mut tx).await?;
    let next = page::next(&found, limit, &Order::Newest(None), |row| ("", row.run_at, row.job_id.0));
    let counts = JobCounts { waiting, working, dead };
    Ok(Json(JobPage { jobs: found.into_iter().map(Job::from).collect(), counts, next }))
}
