//! What happened over all events, by the day (UTC), without saying who.

use sqlx::PgConnection;
use time::Date;

use crate::Result;
use crate::sql::query_as;

/// What visitors did since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Visits {
    /// Searches.
    pub searches: i64,
    /// Photos that were downloaded.
    pub downloads: i64,
    /// People who looked, each counted once at each event.
    pub visitors: i64,
}

/// What happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Day {
    /// Which day.
    pub day: Date,
    /// Photos that came and are still there.
    pub photos: i64,
    /// Searches.
    pub searches: i64,
    /// Photos that were downloaded.
    pub downloads: i64,
    /// New visitors.
    pub visitors: i64,
}

/// What visitors did since the beginning, at the events that there are.
///
/// # Errors
/// When the database fails.
pub async fn visits(db: &mut PgConnection) -> Result<Visits> {
    Ok(query_as(
        "select coalesce(sum(searches), 0)::bigint as searches, coalesce(sum(downloads), 0)::bigint as downloads, \
           coalesce(sum(visitors), 0)::bigint as visitors from event_hour",
    )
    .fetch_one(db)
    .await?)
}

/// The days from `first` to `last`, the first of them first; those on which nothing happened too.
///
/// # Errors
/// When the database fails.
pub async fn days(db: &mut PgConnection, first: Date, last: Date) -> Result<Vec<Day>> {
    Ok(query_as(
        "with told as (select (hour at time zone 'UTC')::date as day, sum(searches)::bigint as searches, \
             sum(downloads)::bigint as downloads, sum(visitors)::bigint as visitors from event_hour \
             where hour >= $1::date::timestamp at time zone 'UTC' group by 1), \
           came as (select (uploaded_at at time zone 'UTC')::date as day, count(*) as photos from photo \
             where uploaded_at >= $1::date::timestamp at time zone 'UTC' group by 1) \
         select asked.day, coalesce(photos, 0) as photos, coalesce(searches, 0) as searches, \
           coalesce(downloads, 0) as downloads, coalesce(visitors, 0) as visitors \
         from (select at::date as day from generate_series($1::date::timestamp, $2::date::timestamp, '1 day') as at) \
           as asked left join told using (day) left join came using (day) order by day",
    )
    .bind(first)
    .bind(last)
    .fetch_all(db)
    .await?)
}
