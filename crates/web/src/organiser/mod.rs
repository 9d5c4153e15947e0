//! Events, and who works at and visits them: for organisers and, beyond them, admins.

pub mod add_event_staff;
pub mod assign_staff;
pub mod cancel_reindex;
pub mod create_attendee;
pub mod create_event;
pub mod delete_attendee;
pub mod delete_event;
pub mod event_statistics;
pub mod import_attendees;
pub mod list_attendees;
pub mod list_event_staff;
pub mod list_events;
pub mod reindex;
pub mod show_event;
pub mod unassign_staff;
pub mod update_event;

use domain::Slug;
use serde::Serialize;
use store::event;
use store::photo::Counts as StoredCounts;
use store::reindex::Progress;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;

/// An event, as staff see it.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Event {
    event_id: Uuid,
    /// The part of the event's address that names it.
    #[schema(value_type = String)]
    slug: Slug,
    name: String,
    #[serde(with = "day::option")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Option<Date>,
    recognition_enabled: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    counts: Counts,
    /// How many bytes its photos may have; null: as many as fit.
    bytes_max: Option<i64>,
    /// The model pack with which it is searched.
    pack: String,
    /// How far the photos are read with another pack; null when none is being made.
    reindex: Option<Reindex>,
    /// Whether whoever asks may change it.
    may_manage: bool,
}

/// How many photos stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// All of them.
    received: i64,
    /// Stored, and nobody is reading them yet.
    waiting: i64,
    /// Being read.
    working: i64,
    /// Can be found.
    ready: i64,
    /// Ready, but without a face.
    without_faces: i64,
    /// Cannot be read.
    failed: i64,
    /// Files of batches that the event had already.
    duplicates: i64,
    /// Files of batches that are no photos.
    rejected: i64,
    /// Faces of the ready ones.
    faces: i64,
}

/// How far the photos of an event are read with another model pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reindex {
    /// The new pack.
    pack: String,
    /// Photos that are read.
    done: i64,
    /// Photos that have to be.
    total: i64,
    /// Photos that were tried too often. They are tried again when the same is asked for again.
    failed: i64,
}

impl From<Progress> for Reindex {
    fn from(progress: Progress) -> Self {
        let Progress { pack, done, total, failed } = progress;
        Self { pack, done, total, failed }
    }
}

impl From<StoredCounts> for Counts {
    fn from(counts: StoredCounts) -> Self {
        Self {
            received: counts.received,
            waiting: counts.waiting,
            working: counts.working,
            ready: counts.ready,
            without_faces: counts.without_faces,
            failed: counts.failed,
            duplicates: counts.duplicates,
            rejected: counts.rejected,
            faces: counts.faces,
        }
    }
}

impl Event {
    fn new(event: event::Event, counts: StoredCounts, reindex: Option<Progress>, may_manage: bool) -> Self {
        Self {
            event_id: event.event_id.0,
            slug: event.slug,
            name: event.name,
            held_on: event.held_on,
            recognition_enabled: event.recognition_enabled,
            created_at: event.created_at,
            counts: counts.into(),
            bytes_max: event.bytes_max,
            pack: event.pack,
            reindex: reindex.map(Reindex::from),
            may_manage,
        }
    }
}

/// How far the event is read with another pack.
async fn reindex_of(db: &mut store::Connection, event: &event::Event) -> Result<Option<Progress>, Problem> {
    if event.reindex_pack.is_none() {
        return Ok(None);
    }
    Ok(store::reindex::progress_of(db, &[event.event_id]).await?.pop().flatten())
}

/// A day of our era; PostgreSQL does not know all that `time` does.
fn checked_day(day: Date) -> Result<Date, Problem> {
    if day.year() > 0 { Ok(day) } else { Err(Problem::field("held_on")) }
}

time::serde::format_description!(pub(crate) day, Date, "[year]-[month]-[day]");
