//! The batch that the files go into: made when the first one is sent, taken up again by the next run.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Job;
use super::patience::Stop;
use super::state::OpenBatch;
use super::trouble::{Refusal, Trouble};

/// How far the server is with a batch's photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) waiting: u64,
    pub(super) working: u64,
    /// Those without faces too.
    pub(super) ready: u64,
    pub(super) without_faces: u64,
    pub(super) failed: u64,
    pub(super) faces: u64,
}

impl Counts {
    /// Photos that are not read yet.
    pub(super) fn open(&self) -> u64 {
        self.waiting + self.working
    }
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "batch_id")]
    id: String,
    #[serde(default)]
    counts: Counts,
    #[serde(default)]
    rejected: Vec<Rejected>,
}

/// A file that was refused because of its content.
#[derive(Deserialize)]
struct Rejected {
    file_name: String,
    code: String,
    detail: String,
}

/// Longest name of a batch, in characters.
const NAME_CHARS_MAX: usize = 120;

/// What a batch from this folder is called.
pub(super) fn name_of(folder: &str) -> String {
    folder.chars().filter(|character| !character.is_control()).take(NAME_CHARS_MAX).collect()
}

/// A server that does not let a batch be made lets nothing be sent either.
pub(super) enum NoBatch {
    Stop(Stop),
    Refused(String),
}

impl From<Stop> for NoBatch {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// The batch that the last run did not finish, if the server still has it.
pub(super) async fn reopen(job: &Job) -> Result<(), NoBatch> {
    let Some(open) = job.state(|state| state.batch().cloned()) else { return Ok(()) };
    if open.name != job.batch_name {
        return Ok(());
    }
    match counts(job, &open.batch_id).await? {
        Ok(_) => {
            job.batch.send_replace(Some(open.batch_id));
        }
        Err(trouble) if trouble.refused_with(404) => job.state(|state| state.set_batch(None)),
        Err(trouble) => return Err(NoBatch::Refused(trouble.to_string())),
    }
    Ok(())
}

/// Makes the batch unless there is one.
pub(super) async fn ensure(job: &Job) -> Result<(), NoBatch> {
    if job.batch.borrow().is_some() {
        return Ok(());
    }
    let (path, body) = (job.server.of_event("/batches"), json!({ "name": job.batch_name }));
    let made = job.persistently(async || job.server.ask::<Batch>(Method::POST, &path, Some(&body)).await);
    let batch_id = match made.await? {
        Ok(batch) => batch.id,
        Err(trouble) => return Err(NoBatch::Refused(trouble.to_string())),
    };
    let open = OpenBatch { batch_id: batch_id.clone(), name: job.batch_name.clone() };
    job.state(|state| state.set_batch(Some(open)));
    job.batch.send_replace(Some(batch_id));
    Ok(())
}

/// Why a file of this name was refused, where the answer was lost.
pub(super) async fn why_refused(job: &Job, file_name: &str) -> Trouble {
    let batch_id = job.batch.borrow().clone().unwrap_or_default();
    let path = job.server.of_event(&format!("/batches/{batch_id}"));
    let rejected = match job.server.ask::<Batch>(Method::GET, &path, None).await {
        Ok(batch) => batch.rejected,
        Err(trouble) => return trouble,
    };
    let named = rejected.into_iter().rev().find(|rejected| rejected.file_name == file_name);
    let (code, detail) = match named {
        Some(rejected) => (rejected.code, rejected.detail),
        None => ("refused".to_owned(), "the server refused what is in it".to_owned()),
    };
    Trouble::Refused(Refusal { status: 422, code, detail })
}

/// How far the batch's photos are; they are shown too.
pub(super) async fn counts(job: &Job, batch_id: &str) -> Result<Result<Counts, Trouble>, Stop> {
    let path = job.server.of_event(&format!("/batches/{batch_id}"));
    let asked = job.persistently(async || job.server.ask::<Batch>(Method::GET, &path, None).await).await?;
    Ok(asked.map(|batch| {
        job.board.update(|figures| figures.counts = batch.counts);
        batch.counts
    }))
}
