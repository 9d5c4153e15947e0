//! Events.

use domain::{AccessMode, Corner, EventId, EventName, Slug, UserId};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::Result;
use crate::page::{Order, containing};
use crate::quota::Allowance;
use crate::sql::{parse, query, query_as, query_scalar};

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
    /// The model pack that its gallery is to have, while it is made.
    pub reindex_pack: Option<String>,
    /// Grows with each addition to the gallery.
    pub gallery_version: i64,
    /// Grows with each removal from the gallery.
    pub gallery_epoch: i64,
    /// Grows with each commit that adds or changes photos.
    pub change_count: i64,
    /// Originals and unfinished uploads together may have so many bytes.
    pub bytes_max: Option<i64>,
    /// Who may enter.
    pub access: Access,
    /// Whether visitors may look through all published photos without a search.
    pub browse_enabled: bool,
    /// Whether new photos wait until somebody publishes them.
    pub review_enabled: bool,
    /// The day on which the event goes, with all that belongs to it.
    pub delete_on: Option<Date>,
    /// What visitors read first.
    pub welcome: Option<String>,
    /// A colour of the event's own, `#rrggbb`.
    pub accent: Option<String>,
    /// What is drawn over the photos that visitors get.
    pub watermark: Watermark,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Who may enter an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// By what.
    pub mode: AccessMode,
    /// The code, when it takes one.
    pub code: Option<String>,
    /// Grows when mode or code change: who entered before has to enter again.
    pub epoch: i64,
}

/// What is drawn over the photos that visitors get.
#[derive(Clone, Debug, PartialEq)]
pub struct Watermark {
    /// Whether anything is.
    pub enabled: bool,
    /// A line of text.
    pub text: Option<String>,
    /// Whether the event's logo is, if it has one.
    pub logo: bool,
    /// Where.
    pub corner: Corner,
    /// How much of the photo it covers: 0.1 to 1.
    pub opacity: f32,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
struct Row {
    event_id: Uuid,
    slug: String,
    name: String,
    held_on: Option<Date>,
    recognition_enabled: bool,
    pack: String,
    reindex_pack: Option<String>,
    gallery_version: i64,
    gallery_epoch: i64,
    change_count: i64,
    bytes_max: Option<i64>,
    access_mode: String,
    access_code: Option<String>,
    access_epoch: i64,
    browse_enabled: bool,
    review_enabled: bool,
    delete_on: Option<Date>,
    welcome: Option<String>,
    accent: Option<String>,
    watermark_enabled: bool,
    watermark_text: Option<String>,
    watermark_logo: bool,
    watermark_corner: String,
    watermark_opacity: f32,
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
            reindex_pack: self.reindex_pack,
            gallery_version: self.gallery_version,
            gallery_epoch: self.gallery_epoch,
            change_count: self.change_count,
            bytes_max: self.bytes_max,
            access: Access {
                mode: parse("event", self.access_mode.parse::<AccessMode>())?,
                code: self.access_code,
                epoch: self.access_epoch,
            },
            browse_enabled: self.browse_enabled,
            review_enabled: self.review_enabled,
            delete_on: self.delete_on,
            welcome: self.welcome,
            accent: self.accent,
            watermark: Watermark {
                enabled: self.watermark_enabled,
                text: self.watermark_text,
                logo: self.watermark_logo,
                corner: parse("event", self.watermark_corner.parse::<Corner>())?,
                opacity: self.watermark_opacity,
            },
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

/// The event with this id; its row stays locked until the transaction ends, so that nobody else changes it.
///
/// # Errors
/// When the database fails.
pub async fn lock(db: &mut PgConnection, event_id: EventId) -> Result<Option<Event>> {
    let row: Option<Row> = query_as("select * from event where event_id = $1 for no key update")
        .bind(event_id.0)
        .fetch_optional(db)
        .await?;
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

/// Which events to list.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Only those at which this member of staff works.
    pub worked_by: Option<UserId>,
    /// Only those whose name or slug has this in it.
    pub text: Option<&'a str>,
    /// In which order, from where on.
    pub order: Order,
    /// How many at most.
    pub limit: i64,
}

/// A page of events.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, filter: &Filter<'_>) -> Result<Vec<Event>> {
    let statement = match &filter.order {
        Order::Name(after) => query_as(
            "select * from event where ($1::uuid is null or exists (select from event_staff \
               where event_staff.event_id = event.event_id and user_id = $1)) \
             and ($2::text is null or name ilike $2 or slug ilike $2) \
             and ($3::text is null or (lower(name), event_id) > (lower($3), $4)) order by lower(name), event_id limit $5",
        )
        .bind(filter.worked_by.map(|user| user.0))
        .bind(filter.text.map(containing))
        .bind(after.as_ref().map(|after| after.name.as_str()))
        .bind(after.as_ref().map(|after| after.id)),
        Order::Newest(after) => query_as(
            "select * from event where ($1::uuid is null or exists (select from event_staff \
               where event_staff.event_id = event.event_id and user_id = $1)) \
             and ($2::text is null or name ilike $2 or slug ilike $2) \
             and ($3::timestamptz is null or (created_at, event_id) < ($3, $4)) \
             order by created_at desc, event_id desc limit $5",
        )
        .bind(filter.worked_by.map(|user| user.0))
        .bind(filter.text.map(containing))
        .bind(after.as_ref().map(|after| after.at))
        .bind(after.as_ref().map(|after| after.id)),
    };
    let rows: Vec<Row> = statement.bind(filter.limit).fetch_all(db).await?;
    rows.into_iter().map(Row::into_event).collect()
}

/// The day of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// This one.
    On(Date),
    /// It is not known, or no longer.
    Unknown,
}

/// What may be changed of an event; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct Change<'a> {
    /// Its title.
    pub name: Option<&'a EventName>,
    /// The day it takes place.
    pub held_on: Option<Day>,
    /// Whether faces may be searched.
    pub recognition_enabled: Option<bool>,
    /// How many bytes its photos may have.
    pub bytes_max: Option<Allowance>,
}

/// Changes an event; its slug stays, so that printed codes go on to work. `None` when there is no such event.
///
/// # Errors
/// When the database fails.
pub async fn update(db: &mut PgConnection, event_id: EventId, change: &Change<'_>) -> Result<Option<Event>> {
    let row: Option<Row> = query_as(
        "update event set name = coalesce($2, name), held_on = case when $3 then $4 else held_on end, \
         recognition_enabled = coalesce($5, recognition_enabled), \
         bytes_max = case when $6 then $7 else bytes_max end where event_id = $1 returning *",
    )
    .bind(event_id.0)
    .bind(change.name.map(EventName::as_str))
    .bind(change.held_on.is_some())
    .bind(match change.held_on {
        Some(Day::On(date)) => Some(date),
        Some(Day::Unknown) | None => None,
    })
    .bind(change.recognition_enabled)
    .bind(change.bytes_max.is_some())
    .bind(change.bytes_max.and_then(Allowance::bytes))
    .fetch_optional(db)
    .await?;
    row.map(Row::into_event).transpose()
}

/// The number of a new change of the event's photos; `None` when the event is gone. The event's row stays locked until
/// the transaction ends, so numbers commit in order. To be asked before other rows are locked, so that nobody waits in a
/// circle.
///
/// # Errors
/// When the database fails.
pub async fn next_change(db: &mut PgConnection, event_id: EventId) -> Result<Option<i64>> {
    Ok(query_scalar(
        "update event set change_count = change_count + 1 where event_id = $1 returning change_count",
    )
    .bind(event_id.0)
    .fetch_optional(db)
    .await?)
}

/// Those of `event_ids` that exist.
///
/// # Errors
/// When the database fails.
pub async fn existing(db: &mut PgConnection, event_ids: &[EventId]) -> Result<Vec<EventId>> {
    let ids: Vec<Uuid> = event_ids.iter().map(|event| event.0).collect();
    let found: Vec<Uuid> =
        query_scalar("select event_id from event where event_id = any($1)").bind(ids).fetch_all(db).await?;
    Ok(found.into_iter().map(EventId).collect())
}

/// The events that are to go by the day `today`, which is for the caller to tell: it begins elsewhere at another hour.
///
/// # Errors
/// When the database fails.
pub async fn to_delete_by(db: &mut PgConnection, today: Date) -> Result<Vec<EventId>> {
    let due: Vec<Uuid> =
        query_scalar("select event_id from event where delete_on <= $1 order by delete_on, event_id")
            .bind(today)
            .fetch_all(db)
            .await?;
    Ok(due.into_iter().map(EventId).collect())
}

/// Deletes the event and every row that belongs to it, asks for its blobs to be deleted, and tells every process to
/// forget its gallery; true when it existed.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId) -> Result<bool> {
    let done = query("delete from event where event_id = $1").bind(event_id.0).execute(&mut *db).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    crate::photo_purge::forget_event(&mut *db, event_id).await?;
    crate::rekognition::purge_event(&mut *db, event_id).await?;
    crate::purge::insert(&mut *db, event_id).await?;
    crate::listen::tell_gone(db, event_id).await?;
    Ok(true)
}
