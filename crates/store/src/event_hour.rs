//! What happened at an event, by the hour, without saying who.

use domain::EventId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Result;
use crate::sql::{query, query_as};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody searched.
    Search,
    /// A photo was kept as a file.
    Download,
    /// Somebody came who was not here before.
    Visitor,
}

/// Counts `n` more of something at the moment `at`. The event's counter stays locked until the transaction ends, which must
/// be soon: all who search at the event pass by it. So the transaction does not wait for the disk, and should hold nothing
/// whose loss in a crash would harm.
///
/// # Errors
/// When there is no such event, or the database fails.
pub async fn count(
    db: &mut PgConnection,
    event_id: EventId,
    at: OffsetDateTime,
    kind: Kind,
    n: i64,
) -> Result<()> {
    let of = |counted: Kind| if counted == kind { n } else { 0 };
    query("set local synchronous_commit = off").execute(&mut *db).await?;
    query(
        "insert into event_hour (event_id, hour, searches, downloads, visitors) \
         values ($1, date_trunc('hour', $2::timestamptz, 'UTC'), $3, $4, $5) \
         on conflict (event_id, hour) do update set searches = event_hour.searches + excluded.searches, \
           downloads = event_hour.downloads + excluded.downloads, visitors = event_hour.visitors + excluded.visitors",
    )
    .bind(event_id.0)
    .bind(at)
    .bind(of(Kind::Search))
    .bind(of(Kind::Download))
    .bind(of(Kind::Visitor))
    .execute(db)
    .await?;
    Ok(())
}

/// An hour in which something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hour {
    /// When it began.
    pub hour: OffsetDateTime,
    /// How often somebody searched.
    pub searches: i64,
    /// How many photos were kept as files.
    pub downloads: i64,
    /// How many came who were not here before.
    pub visitors: i64,
    /// How many photos were uploaded.
    pub photos: i64,
}

/// The hours since `since` in which something happened, in their order.
///
/// # Errors
/// When the database fails.
pub async fn since(db: &mut PgConnection, event_id: EventId, since: OffsetDateTime) -> Result<Vec<Hour>> {
    Ok(query_as(
        "select hour, sum(searches)::bigint as searches, sum(downloads)::bigint as downloads, \
           sum(visitors)::bigint as visitors, sum(photos)::bigint as photos \
         from (select hour, searches, downloads, visitors, 0 as photos from event_hour \
             where event_id = $1 and hour >= $2 \
           union all select date_trunc('hour', uploaded_at, 'UTC'), 0, 0, 0, 1 from photo \
             where event_id = $1 and uploaded_at >= $2) as counted \
         group by hour having sum(searches + downloads + visitors + photos) > 0 order by hour",
    )
    .bind(event_id.0)
    .bind(since)
    .fetch_all(db)
    .await?)
}

/// How many photos were kept as files, and how many visitors came, in all.
///
/// # Errors
/// When the database fails.
pub async fn totals(db: &mut PgConnection, event_id: EventId) -> Result<(i64, i64)> {
    Ok(query_as(
        "select coalesce(sum(downloads), 0)::bigint, coalesce(sum(visitors), 0)::bigint \
         from event_hour where event_id = $1",
    )
    .bind(event_id.0)
    .fetch_one(db)
    .await?)
}

/// How many photos visitors may see, how many they keep as favourites, and how many people keep their face here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// Ready photos that are published.
    pub published: i64,
    /// Photos among favourites, once for each person.
    pub favourites: i64,
    /// Templates.
    pub templates: i64,
}

/// What there is at the event beside photos and accounts.
///
/// # Errors
/// When the database fails.
pub async fn kept(db: &mut PgConnection, event_id: EventId) -> Result<Kept> {
    Ok(query_as(
        "select (select count(*) from photo where event_id = $1 and state = 'ready' and published) as published, \
           (select count(*) from favourite where event_id = $1) as favourites, \
           (select count(*) from template where event_id = $1) as templates",
    )
    .bind(event_id.0)
    .fetch_one(db)
    .await?)
}
