//! What Amazon Rekognition was sent, what is to be deleted there, and how often it was called.
//!
//! ## Why
//! - A photo is noted before it is sent. Whoever reads it a second time knows that an earlier try may have left faces
//!   there, whatever became of that try.
//! - Deleting a photo or an event marks the note in the same transaction; a worker deletes the faces there afterwards, at
//!   least once, and again when all that was under way has come to an end.
//! - A note says where the faces are. With other settings nothing is looked for in the wrong place, found to be gone there
//!   and taken for deleted: it waits until somebody sets the place again.

use domain::{EventId, PhotoId, REKOGNITION_PACK};
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};

/// Where faces are kept, by the settings of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The region.
    pub region: &'a str,
    /// What the names of collections begin with.
    pub collection_prefix: &'a str,
}

/// Photos whose faces are kept in another place than the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptElsewhere {
    /// The region.
    pub region: String,
    /// What the names of collections begin with there.
    pub collection_prefix: String,
    /// How many photos.
    pub photos: i64,
}

/// Photos of one event whose faces are to be deleted at Rekognition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Their event.
    pub event_id: EventId,
    /// Some of the photos whose turn it is.
    pub photo_ids: Vec<PhotoId>,
}

/// A photo that may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The photo.
    pub photo_id: PhotoId,
    /// Whether it was noted before, so that an earlier try may have left faces of it there.
    pub before: bool,
}

/// Notes that these photos are about to be sent, and returns those that may be: not one that is gone, and none of an event
/// that is gone or wants its faces there no longer. What is noted here, whoever deletes the photo or the event later finds.
///
/// # Errors
/// When the database fails.
pub async fn note_sent(
    db: &mut PgConnection,
    place: Place<'_>,
    event_id: EventId,
    photo_ids: &[PhotoId],
) -> Result<Vec<Noted>> {
    wait_for_turn(&mut *db, event_id).await?;
    if !hold_if_used(&mut *db, event_id).await? {
        return Ok(Vec::new());
    }
    let ids = uuids(photo_ids);
    let before: Vec<Uuid> = query_scalar(
        "select photo_id from rekognition_photo where event_id = $1 and photo_id = any($2) and region = $3 \
         and collection_prefix = $4 order by photo_id",
    )
    .bind(event_id.0)
    .bind(ids.clone())
    .bind(place.region)
    .bind(place.collection_prefix)
    .fetch_all(&mut *db)
    .await?;
    let noted: Vec<Uuid> = query_scalar(
        "with there as (select photo_id from photo where event_id = $1 and photo_id = any($2) \
           order by photo_id for key share) \
         insert into rekognition_photo (event_id, photo_id, region, collection_prefix) \
         select $1, photo_id, $3, $4 from there order by photo_id \
         on conflict (event_id, photo_id, region, collection_prefix) do update set purge_at = null, passes = 0 \
         returning photo_id",
    )
    .bind(event_id.0)
    .bind(ids)
    .bind(place.region)
    .bind(place.collection_prefix)
    .fetch_all(db)
    .await?;
    let of = |photo: Uuid| Noted { photo_id: PhotoId(photo), before: before.contains(&photo) };
    Ok(noted.into_iter().map(of).collect())
}

/// Whether the event wants its faces there. If so its row is held until the transaction ends: whoever deletes the event or
/// its photos, or gives up indexing it anew, takes the row first and comes before this or after it.
async fn hold_if_used(db: &mut PgConnection, event_id: EventId) -> Result<bool> {
    let row: Option<(Uuid,)> = query_as(
        "select event_id from event where event_id = $1 and (pack = $2 or reindex_pack = $2) for share",
    )
    .bind(event_id.0)
    .bind(REKOGNITION_PACK)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Asks for the faces of these photos to be deleted there, in the transaction that deletes the photos.
pub(crate) async fn purge_photos(db: &mut PgConnection, event_id: EventId, photo_ids: &[Uuid]) -> Result<()> {
    lock(&mut *db, event_id, Some(photo_ids.to_vec())).await?;
    query(
        "update rekognition_photo set purge_at = now(), passes = 0 where event_id = $1 and photo_id = any($2)",
    )
    .bind(event_id.0)
    .bind(photo_ids)
    .execute(db)
    .await?;
    Ok(())
}

/// Asks for all faces of an event to be deleted there, in the transaction that deletes the event.
pub(crate) async fn purge_event(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query(PURGE_EVENT).bind(event_id.0).execute(db).await?;
    Ok(())
}

/// The statement of [`purge_event`], of which the event is the parameter. The rows are locked in the order of [`lock`].
pub(crate) const PURGE_EVENT: &str = "with noted as (select photo_id, region, collection_prefix from rekognition_photo \
     where event_id = $1 order by photo_id, region, collection_prefix for update) \
     update rekognition_photo as note set purge_at = now(), passes = 0 from noted \
     where note.event_id = $1 and note.photo_id = noted.photo_id and note.region = noted.region \
     and note.collection_prefix = noted.collection_prefix";

/// Locks the event's notes, or those of some photos, in one order, so that nobody waits in a circle.
async fn lock(db: &mut PgConnection, event_id: EventId, only: Option<Vec<Uuid>>) -> Result<()> {
    query(
        "select from rekognition_photo where event_id = $1 and ($2::uuid[] is null or photo_id = any($2)) \
         order by photo_id, region, collection_prefix for update",
    )
    .bind(event_id.0)
    .bind(only)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes some photos of one event in this place whose turn it is, if any, at most `limit`, and puts them off for five minutes: whoever
/// took them may end without a word, or be refused.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &mut PgConnection, place: Place<'_>, limit: i64) -> Result<Option<Purge>> {
    let rows: Vec<(Uuid, Uuid)> = query_as(
        "with first as (select event_id from rekognition_photo where purge_at <= now() and region = $2 \
           and collection_prefix = $3 order by purge_at limit 1), \
         due as (select event_id, photo_id from rekognition_photo where event_id = (select event_id from first) \
           and purge_at <= now() and region = $2 and collection_prefix = $3 \
           order by photo_id limit $1 for update skip locked) \
         update rekognition_photo as note set purge_at = now() + interval '5 minutes' from due \
         where note.event_id = due.event_id and note.photo_id = due.photo_id and note.region = $2 \
         and note.collection_prefix = $3 returning due.event_id, due.photo_id",
    )
    .bind(limit)
    .bind(place.region)
    .bind(place.collection_prefix)
    .fetch_all(db)
    .await?;
    let Some((event_id, _)) = rows.first() else { return Ok(None) };
    let event_id = EventId(*event_id);
    Ok(Some(Purge { event_id, photo_ids: rows.into_iter().map(|(_, photo)| PhotoId(photo)).collect() }))
}

/// What is still to be deleted of a purge. Until the transaction ends no photo of the event is noted to be sent, so that
/// nothing is deleted there that has just come.
///
/// # Errors
/// When the database fails.
pub async fn begin(db: &mut PgConnection, place: Place<'_>, purge: &Purge) -> Result<Vec<PhotoId>> {
    wait_for_turn(db, purge.event_id).await?;
    let left: Vec<Uuid> = query_scalar(
        "select photo_id from rekognition_photo where event_id = $1 and photo_id = any($2) and region = $3 \
         and collection_prefix = $4 and purge_at is not null",
    )
    .bind(purge.event_id.0)
    .bind(uuids(&purge.photo_ids))
    .bind(place.region)
    .bind(place.collection_prefix)
    .fetch_all(db)
    .await?;
    Ok(left.into_iter().map(PhotoId).collect())
}

/// Only one at a time deletes an event's faces there, or notes photos that are about to be sent. It is no lock of a row:
/// whoever uploads to the event or deletes it does not wait.
async fn wait_for_turn(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query("select pg_advisory_xact_lock(hashtextextended('rekognition ' || $1::text, 0))")
        .bind(event_id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether the event exists and has, or is to have, its faces at Rekognition.
///
/// # Errors
/// When the database fails.
pub async fn is_used_by(db: &mut PgConnection, event_id: EventId) -> Result<bool> {
    let used: Option<bool> =
        query_scalar("select pack = $2 or coalesce(reindex_pack = $2, false) from event where event_id = $1")
            .bind(event_id.0)
            .bind(REKOGNITION_PACK)
            .fetch_optional(db)
            .await?;
    Ok(used.unwrap_or(false))
}

/// Notes that the faces of these photos were deleted there: they are looked at again ten minutes later and a day later, and
/// then no more.
///
/// # Errors
/// When the database fails.
pub async fn done(
    db: &mut PgConnection,
    place: Place<'_>,
    event_id: EventId,
    photo_ids: &[PhotoId],
) -> Result<()> {
    advance(db, place, event_id, Some(uuids(photo_ids))).await
}

/// The same of all photos of the event that are to be deleted there.
///
/// # Errors
/// When the database fails.
pub async fn done_event(db: &mut PgConnection, place: Place<'_>, event_id: EventId) -> Result<()> {
    advance(db, place, event_id, None).await
}

async fn advance(
    db: &mut PgConnection,
    place: Place<'_>,
    event_id: EventId,
    only: Option<Vec<Uuid>>,
) -> Result<()> {
    lock(&mut *db, event_id, only.clone()).await?;
    query(
        "delete from rekognition_photo where event_id = $1 and ($2::uuid[] is null or photo_id = any($2)) \
         and region = $3 and collection_prefix = $4 and purge_at is not null and passes >= 2",
    )
    .bind(event_id.0)
    .bind(only.clone())
    .bind(place.region)
    .bind(place.collection_prefix)
    .execute(&mut *db)
    .await?;
    query(
        "update rekognition_photo set passes = passes + 1, \
         purge_at = now() + case passes when 0 then interval '10 minutes' else interval '1 day' end \
         where event_id = $1 and ($2::uuid[] is null or photo_id = any($2)) \
         and region = $3 and collection_prefix = $4 and purge_at is not null",
    )
    .bind(event_id.0)
    .bind(only)
    .bind(place.region)
    .bind(place.collection_prefix)
    .execute(db)
    .await?;
    Ok(())
}

/// How many photos' faces are to be deleted there and have not been, not even once.
///
/// # Errors
/// When the database fails.
pub async fn open_purges(db: &mut PgConnection) -> Result<i64> {
    Ok(query_scalar("select count(*) from rekognition_photo where purge_at is not null and passes = 0")
        .fetch_one(db)
        .await?)
}

/// The photos whose faces are, or may be, in other places than this one: they are neither found nor deleted there.
///
/// # Errors
/// When the database fails.
pub async fn kept_elsewhere(db: &mut PgConnection, place: Place<'_>) -> Result<Vec<KeptElsewhere>> {
    let rows: Vec<(String, String, i64)> = query_as(
        "select region, collection_prefix, count(*) from rekognition_photo \
         where region <> $1 or collection_prefix <> $2 group by region, collection_prefix \
         order by region, collection_prefix",
    )
    .bind(place.region)
    .bind(place.collection_prefix)
    .fetch_all(db)
    .await?;
    let of = |(region, collection_prefix, photos)| KeptElsewhere { region, collection_prefix, photos };
    Ok(rows.into_iter().map(of).collect())
}

/// How many events have, or are to have, their faces there.
///
/// # Errors
/// When the database fails.
pub async fn events(db: &mut PgConnection) -> Result<i64> {
    Ok(query_scalar("select count(*) from event where pack = $1 or reindex_pack = $1")
        .bind(REKOGNITION_PACK)
        .fetch_one(db)
        .await?)
}

/// Counts calls of a day.
///
/// # Errors
/// When the database fails.
pub async fn add_calls(db: &mut PgConnection, day: Date, operation: &str, calls: i64) -> Result<()> {
    query(
        "insert into rekognition_call (day, operation, calls) values ($1, $2, $3) \
         on conflict (day, operation) do update set calls = rekognition_call.calls + excluded.calls",
    )
    .bind(day)
    .bind(operation)
    .bind(calls)
    .execute(db)
    .await?;
    Ok(())
}

/// The calls of each operation since `day`, that day included.
///
/// # Errors
/// When the database fails.
pub async fn calls_since(db: &mut PgConnection, day: Date) -> Result<Vec<(String, i64)>> {
    Ok(query_as(
        "select operation, sum(calls)::bigint from rekognition_call where day >= $1 group by operation order by operation",
    )
    .bind(day)
    .fetch_all(db)
    .await?)
}

fn uuids(photo_ids: &[PhotoId]) -> Vec<Uuid> {
    photo_ids.iter().map(|photo| photo.0).collect()
}
