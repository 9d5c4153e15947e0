//! Work nobody waits for: claimed from the queue with a lease, done, or tried again later.
//!
//! ## Why
//! - At least once, written once: a job may be done twice (its worker died after the work), but its result is written
//!   under the lease in one transaction that also ends the job, so it counts once.
//! - A job's failure says whose fault it is: a photo that cannot be read is a *result* (the photo is `failed`, with a
//!   reason); a database or a store that is away is a reason to try again; and where this process lacks the event's
//!   models, the photo has not been tried at all.
//! - A photo that was interrupted several times is read alone, so that one which kills the process takes no other
//!   with it, and in the end is set aside.

mod back_off;
mod calls;
mod ingest_photo;
mod new_photos;
mod purge_event;
mod purge_photos;
mod purge_rekognition;
mod reindex_photo;
mod retention;
mod sweep;
mod to_read;
mod took;
mod worker;

use recognizer::IndexError;

pub use back_off::ATTEMPTS_MAX;
pub use calls::write_calls;
pub use worker::{Worker, WorkerSettings};

impl From<IndexError> for JobError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Pack(refused) => refused.into(),
            IndexError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

/// Why a batch of work did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database is away.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The photo store is away.
    #[error(transparent)]
    Blobs(#[from] blobs::BlobError),
    /// An upload could not be finished or ended.
    #[error(transparent)]
    Intake(#[from] intake::ReceiveError),
    /// The event's model pack cannot be used by this process.
    #[error(transparent)]
    Pack(#[from] recognizer::PackRefused),
    /// Whoever keeps the faces of the event cannot be used now.
    #[error(transparent)]
    Elsewhere(#[from] recognizer::Unavailable),
    /// Whoever keeps the faces of the event answers, but not about this photo.
    #[error("Amazon Rekognition fails on this photo again and again: {}", .0.reason)]
    FailsElsewhere(recognizer::Unavailable),
}
