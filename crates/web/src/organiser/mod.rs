//! Events, and who works at and visits them: for organisers and, beyond them, admins.

pub mod add_event_staff;
pub mod assign_staff;
pub mod cancel_reindex;
pub mod create_attendee;
pub mod create_event;
pub mod delete_attendee;
pub mod delete_event;
pub mod delete_image;
pub mod event_statistics;
pub mod export_attendees;
pub mod export_statistics;
pub mod import_attendees;
pub mod list_attendees;
pub mod list_event_staff;
pub mod list_events;
pub mod packs;
pub mod preview_watermark;
pub mod put_image;
pub mod put_watermark;
pub mod reindex;
pub mod show_event;
pub mod unassign_staff;
pub mod update_event;
pub mod watermark;

use domain::{AccessMode, EventId, Slug};
use serde::Serialize;
use store::event;
use store::event_image::{Image as StoredImage, Kind};
use store::photo::Counts as StoredCounts;
use store::reindex::Progress;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;
use watermark::Watermark;

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
    /// Who may enter.
    access: Access,
    /// Whether visitors may look through all published photos without a search.
    browse_enabled: bool,
    /// Whether new photos wait until somebody publishes them.
    review_enabled: bool,
    /// On this day the event goes with all that belongs to it.
    #[serde(with = "day::option")]
    #[schema(value_type = Option<String>, example = "2027-11-20")]
    delete_on: Option<Date>,
    /// What visitors read first.
    welcome: Option<String>,
    /// A colour of the event's own.
    #[schema(example = "#0a7f5a")]
    accent: Option<String>,
    watermark: Watermark,
    logo: Option<Image>,
    cover: Option<Image>,
    /// Whether whoever asks may change it.
    may_manage: bool,
}

/// Who may enter an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Access {
    /// `open`, `code` or `invitation`.
    #[schema(value_type = String, example = "code")]
    mode: AccessMode,
    /// What visitors type in, in the mode `code`.
    code: Option<String>,
}

/// An image of an event, for everybody to see.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Image {
    url: String,
    width_px: i32,
    height_px: i32,
}

impl From<&StoredImage> for Image {
    fn from(image: &StoredImage) -> Self {
        let StoredImage { event_id, sha256, width_px, height_px, .. } = image;
        Self { url: format!("/media/{event_id}/images/{sha256}"), width_px: *width_px, height_px: *height_px }
    }
}

/// The image of this kind that the event has among `images`.
pub(crate) fn image(images: &[StoredImage], event_id: EventId, kind: Kind) -> Option<Image> {
    images.iter().find(|image| (image.event_id, image.kind) == (event_id, kind)).map(Image::from)
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
    /// The event with what stands in other tables.
    fn new(
        event: event::Event,
        counts: StoredCounts,
        reindex: Option<Progress>,
        images: &[StoredImage],
        may_manage: bool,
    ) -> Self {
        let image = |kind| image(images, event.event_id, kind);
        let (logo, cover) = (image(Kind::Logo), image(Kind::Cover));
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
            access: Access { mode: event.access.mode, code: event.access.code },
            browse_enabled: event.browse_enabled,
            review_enabled: event.review_enabled,
            delete_on: event.delete_on,
            welcome: event.welcome,
            accent: event.accent,
            watermark: event.watermark.into(),
            logo,
            cover,
            may_manage,
        }
    }

    /// The event as it stands now.
    pub(crate) async fn read(
        db: &mut store::Connection,
        event: event::Event,
        may_manage: bool,
    ) -> Result<Self, Problem> {
        let counts = store::photo::counts(db, event.event_id).await?;
        let reindex = reindex_of(db, &event).await?;
        let images = store::event_image::of(db, &[event.event_id]).await?;
        Ok(Self::new(event, counts, reindex, &images, may_manage))
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
