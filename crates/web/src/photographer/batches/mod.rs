//! Batches: what somebody uploads in one go, and how far it is.

pub mod create_batch;
pub mod list_batches;
pub mod progress;
pub mod show_batch;

use domain::Language;
use serde::Serialize;
use store::photo::Counts as StoredCounts;
use store::rejection::Rejection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Code;
use crate::organiser::Counts;

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Batch {
    batch_id: Uuid,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    counts: Counts,
    /// The first 1000 files that are no photos; a list of batches leaves them out.
    rejected: Vec<Rejected>,
}

/// A file that is no photo.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejected {
    file_name: String,
    /// Stable code.
    code: String,
    /// For people, in the caller's language.
    detail: String,
}

impl Batch {
    fn new(batch: store::batch::Batch, counts: StoredCounts) -> Self {
        Self {
            batch_id: batch.batch_id.0,
            name: batch.name,
            created_at: batch.created_at,
            counts: counts.into(),
            rejected: Vec::new(),
        }
    }
}

fn rejected(rejection: Rejection, language: Language) -> Rejected {
    let detail = Code::named(&rejection.code).map(|code| code.sentence(language)).unwrap_or_default();
    Rejected { file_name: rejection.file_name, code: rejection.code, detail }
}
