//! Events.

use domain::{EventId, EventName, Slug, UserId};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::Result;
use crate::sql::{parse, query, query_as};

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub event_id: EventId,
    /// The part of its address that names it.
    pub slug: Slug,
    /// Its title.
    pub name: String,
    /// The day it takes place.
    pub held_on: Option<Date>,
    /// Whether faces may be searched.
    pub recognition_enabled: bool,
    /// The model pack of its gallery.
    pub pack: String,
    /// Grows with each addition to the gallery.
    pub gallery_version: i64,
    /// Grows with each removal from the gallery.
    pub gallery_epoch: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    event_id: Uuid,
    slug: String,
    name: String,
    held_on: Option<Date>,
    recognition_enabled: bool,
    pack: String,
    gallery_version: i64,
    gallery_epoch: i64,
    created_at: OffsetDateTime,
}

impl Row {
    fn into_event(self) -> Result<Event> {
        Ok(Event {
            event_id: EventId(self.event_id),
            slug: parse("event", Slug::parse(&self.slug))?,
            name: self.name,
            held_on: self.held_on,
            recognition_enabled: self.recognition_enabled,
            pack: self.pack,
            gallery_version: self.gallery_version,
            gallery_epoch: self.gallery_epoch,
            created_at: self.created_at,
        })
    }
}

/// A new event.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// Its id.
    pub event_id: EventId,
    /// Its title.
    pub name: &'a EventName,
    /// The day it takes place.
    pub held_on: Option<Date>,
    /// The model pack of its gallery.
    pub pack: &'a str,
    /// Who made it; nobody when it was made on the command line.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Adds an event under the first free of the slugs that its name suggests ("gala", "gala-2", …).
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, new: &NewEvent<'_>) -> Result<Event> {
    let suggested = Slug::suggested_by(new.name);
    let mut number = 1;
    loop {
        let slug = if number == 1 { suggested.clone() } else { suggested.numbered(number) };
        if let Some(event) = try_insert(db, new, &slug).await? {
            return Ok(event);
        }
        number += 1;
    }
}

async fn try_insert(db: &mut PgConnection, new: &NewEvent<'_>, slug: &Slug) -> Result<Option<Event>> {
    let row: Option<Row> = query_as(
        "insert into event (event_id, slug, name, held_on, pack, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (slug) do nothing returning *",
    )
    .bind(new.event_id.0)
    .bind(slug.as_str())
    .bind(new.name.as_str())
    .bind(new.held_on)
    .bind(new.pack)
    .bind(new.created_by.map(|user| user.0))
    .bind(new.created_at)
    .fetch_optional(db)
    .await?;
    row.map(Row::into_event).transpose()
}

/// The event with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId) -> Result<Option<Event>> {
    let row: Option<Row> =
        query_as("select * from event where event_id = $1").bind(event_id.0).fetch_optional(db).await?;
    row.map(Row::into_event).transpose()
}

/// The event with this slug.
///
/// # Errors
/// When the database fails.
pub async fn by_slug(db: &mut PgConnection, slug: &Slug) -> Result<Option<Event>> {
    let row: Option<Row> =
        query_as("select * from event where slug = $1").bind(slug.as_str()).fetch_optional(db).await?;
    row.map(Row::into_event).transpose()
}

/// The oldest event with this very name.
///
/// # Errors
/// When the database fails.
pub async fn by_name(db: &mut PgConnection, name: &EventName) -> Result<Option<Event>> {
    let row: Option<Row> = query_as("select * from event where name = $1 order by created_at limit 1")
        .bind(name.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::into_event).transpose()
}

/// All events, newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, limit: i64) -> Result<Vec<Event>> {
    let rows: Vec<Row> = query_as("select * from event order by created_at desc, event_id limit $1")
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Row::into_event).collect()
}

/// Deletes the event and every row that belongs to it; true when it existed.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId) -> Result<bool> {
    let done = query("delete from event where event_id = $1").bind(event_id.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}
