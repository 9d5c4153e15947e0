//! `GET /api/statistics`: the installation in figures.

use axum::Json;
use axum::extract::State;
use domain::Clock;
use serde::Serialize;
use store::Store;
use store::statistics::Totals;
use store::statistics_by_day::{Day, Visits};
use time::{Date, Duration};
use utoipa::ToSchema;

use crate::error::Problem;
use crate::extract::Admin;

/// How many days are told, today included.
const DAYS: i64 = 30;

/// The installation in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statistics {
    events: i64,
    /// In whatever state.
    photos: i64,
    /// Of the ready photos.
    faces: i64,
    /// Length of all originals.
    size_bytes: i64,
    /// Admins, organisers, photographers.
    staff: i64,
    /// Accounts of attendees.
    attendees: i64,
    searches: i64,
    /// Photos that visitors downloaded.
    downloads: i64,
    /// People who looked, with an account or without, each counted once at each event.
    visitors: i64,
    /// The last 30 days, the oldest first; days of UTC.
    days: Vec<StatisticsDay>,
}

/// A day in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsDay {
    #[serde(with = "crate::organiser::day")]
    day: Date,
    /// That came on this day and are still there.
    photos: i64,
    searches: i64,
    downloads: i64,
    /// New ones.
    visitors: i64,
}

impl From<Day> for StatisticsDay {
    fn from(stored: Day) -> Self {
        let Day { day, photos, searches, downloads, visitors } = stored;
        Self { day, photos, searches, downloads, visitors }
    }
}

/// The installation in figures, with those of the last 30 days.
#[utoipa::path(get, path = "/api/statistics", tag = "staff", responses((status = 200, body = Statistics)))]
pub async fn statistics(
    _: Admin,
    State(store): State<Store>,
    State(clock): State<Clock>,
) -> Result<Json<Statistics>, Problem> {
    let today = clock.now().date();
    let mut tx = store.begin().await?;
    let Totals { events, photos, faces, size_bytes, staff, attendees } =
        store::statistics::totals(&mut tx).await?;
    let Visits { searches, downloads, visitors } = store::statistics_by_day::visits(&mut tx).await?;
    let days = store::statistics_by_day::days(&mut tx, today - Duration::days(DAYS - 1), today).await?;
    let days = days.into_iter().map(StatisticsDay::from).collect();
    Ok(Json(Statistics {
        events,
        photos,
        faces,
        size_bytes,
        staff,
        attendees,
        searches,
        downloads,
        visitors,
        days,
    }))
}
