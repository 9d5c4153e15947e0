//! `GET /api/events/{event}/statistics`: the event in figures.

use axum::Json;
use axum::extract::State;
use domain::Clock;
use serde::Serialize;
use store::event_hour::{self, Hour};
use store::{Store, statistics};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::Counts;
use crate::error::Problem;
use crate::extract::EventStaff;

/// How far back hours are told.
const HOURS: Duration = Duration::days(14);

/// An event in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventStatistics {
    photos: Counts,
    /// Ready photos that visitors may see.
    published: i64,
    /// Accounts of attendees.
    attendees: i64,
    /// How many people came, with an account or without.
    visitors: i64,
    /// How often somebody searched.
    searches: i64,
    /// How many photos visitors kept as files.
    downloads: i64,
    /// Photos among visitors' favourites, once for each visitor.
    favourites: i64,
    /// People who keep their face here, to be told of new photos or to be hidden.
    templates: i64,
    /// The hours of the last 14 days in which something happened.
    hours: Vec<EventHour>,
}

/// What happened in an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventHour {
    /// When it began, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) hour: OffsetDateTime,
    pub(super) searches: i64,
    pub(super) downloads: i64,
    pub(super) visitors: i64,
    /// Photos uploaded.
    pub(super) photos: i64,
}

impl From<Hour> for EventHour {
    fn from(stored: Hour) -> Self {
        let Hour { hour, searches, downloads, visitors, photos } = stored;
        Self { hour, searches, downloads, visitors, photos }
    }
}

/// The event in figures.
#[utoipa::path(get, path = "/api/events/{event}/statistics", tag = "events",
    params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = EventStatistics)))]
pub async fn event_statistics(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    State(clock): State<Clock>,
) -> Result<Json<EventStatistics>, Problem> {
    let event_id = event.event_id;
    let mut tx = store.begin().await?;
    let (downloads, visitors) = event_hour::totals(&mut tx, event_id).await?;
    let kept = event_hour::kept(&mut tx, event_id).await?;
    let hours = event_hour::since(&mut tx, event_id, clock.now() - HOURS).await?;
    Ok(Json(EventStatistics {
        photos: store::photo::counts(&mut tx, event_id).await?.into(),
        published: kept.published,
        attendees: store::attendee::count(&mut tx, event_id).await?,
        visitors,
        searches: statistics::searches(&mut tx, event_id).await?,
        downloads,
        favourites: kept.favourites,
        templates: kept.templates,
        hours: hours.into_iter().map(EventHour::from).collect(),
    }))
}
