//! Figures over the whole installation.

use domain::EventId;
use sqlx::PgConnection;

use crate::Result;
use crate::sql::{query_as, query_scalar};

/// The whole installation in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Events.
    pub events: i64,
    /// Photos, in whatever state.
    pub photos: i64,
    /// Faces of the ready ones.
    pub faces: i64,
    /// Length of all originals.
    pub size_bytes: i64,
    /// Admins, organisers, photographers.
    pub staff: i64,
    /// Attendees' accounts.
    pub attendees: i64,
}

/// The whole installation in figures.
///
/// # Errors
/// When the database fails.
pub async fn totals(db: &mut PgConnection) -> Result<Totals> {
    Ok(query_as(
        "select (select count(*) from event) as events, count(*) as photos, \
           coalesce(sum(face_count), 0)::bigint as faces, coalesce(sum(size_bytes), 0)::bigint as size_bytes, \
           (select count(*) from staff) as staff, (select count(*) from attendee) as attendees from photo",
    )
    .fetch_one(db)
    .await?)
}

/// How often somebody searched at the event.
///
/// # Errors
/// When the database fails.
pub async fn searches(db: &mut PgConnection, event_id: EventId) -> Result<i64> {
    Ok(query_scalar("select count(*) from consent where event_id = $1")
        .bind(event_id.0)
        .fetch_one(db)
        .await?)
}
