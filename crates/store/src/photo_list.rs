//! Photos of an event by what staff look for, newest upload first, and what they do with many of them at once.

use domain::{BatchId, Digest, EventId, PhotoId, PhotoState, UserId};
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::{QueryAs, QueryScalar};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::photo::{Photo, Row, digest, state_text};
use crate::sql::{query, query_as, query_scalar};
use crate::{Result, photo_purge};

/// Which photos of an event; `None` asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Where they stand.
    pub state: Option<PhotoState>,
    /// Whether they have a face. Of a photo that is not ready nobody knows that it has none.
    pub faces: Option<bool>,
    /// Whether they are published.
    pub published: Option<bool>,
    /// Who uploaded them.
    pub uploaded_by: Option<UserId>,
    /// With which batch they came.
    pub batch_id: Option<BatchId>,
    /// Not those that were uploaded after this moment.
    pub uploaded_until: Option<OffsetDateTime>,
}

/// A statement about the photos that a [`Filter`] asks for, which are its parameters 1 to 7.
macro_rules! filtered {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " event_id = $1 and ($2::text is null or state = $2) \
             and ($3::boolean is null or case when $3 then face_count > 0 else face_count = 0 and state = 'ready' end) \
             and ($4::boolean is null or published = $4) and ($5::uuid is null or uploaded_by = $5) \
             and ($6::uuid is null or batch_id = $6) \
             and ($7::timestamptz is null or uploaded_at <= $7) ",
            $after
        )
    };
}

/// Binds the parameters of a [`filtered`] statement.
trait BindFilter: Sized {
    fn bind_filter(self, event_id: EventId, filter: &Filter) -> Self;
}

macro_rules! bind_filter {
    ($statement:ty) => {
        impl<O> BindFilter for $statement {
            fn bind_filter(self, event_id: EventId, filter: &Filter) -> Self {
                self.bind(event_id.0)
                    .bind(filter.state.map(state_text))
                    .bind(filter.faces)
                    .bind(filter.published)
                    .bind(filter.uploaded_by.map(|user| user.0))
                    .bind(filter.batch_id.map(|batch| batch.0))
                    .bind(filter.uploaded_until)
            }
        }
    };
}

bind_filter!(QueryAs<'static, sqlx::Postgres, O, PgArguments>);
bind_filter!(QueryScalar<'static, sqlx::Postgres, O, PgArguments>);

/// Where a page of [`list`] begins: behind this photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last photo of the page before was uploaded.
    pub uploaded_at: OffsetDateTime,
    /// Its id.
    pub photo_id: PhotoId,
}

/// A page of the event's photos, newest upload first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &mut PgConnection,
    event_id: EventId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Photo>> {
    let rows: Vec<Row> = query_as(filtered!(
        "select * from photo where",
        "and ($8::timestamptz is null or uploaded_at < $8 or (uploaded_at = $8 and photo_id > $9)) \
         order by uploaded_at desc, photo_id limit $10"
    ))
    .bind_filter(event_id, filter)
    .bind(after.map(|cursor| cursor.uploaded_at))
    .bind(after.map(|cursor| cursor.photo_id.0))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Photo::try_from).collect()
}

/// How many photos of the event the filter lets through.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut PgConnection, event_id: EventId, filter: &Filter) -> Result<i64> {
    let counted = query_scalar(filtered!("select count(*) from photo where", ""));
    Ok(counted.bind_filter(event_id, filter).fetch_one(db).await?)
}

/// The ids of some photos that the filter lets through.
///
/// # Errors
/// When the database fails.
pub async fn some_ids(
    db: &mut PgConnection,
    event_id: EventId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<PhotoId>> {
    let chosen = query_scalar(filtered!("select photo_id from photo where", "order by photo_id limit $8"));
    let ids: Vec<Uuid> = chosen.bind_filter(event_id, filter).bind(limit).fetch_all(db).await?;
    Ok(ids.into_iter().map(PhotoId).collect())
}

/// Whether all of these photos that the event has were uploaded by this person.
///
/// # Errors
/// When the database fails.
pub async fn are_all_of(
    db: &mut PgConnection,
    event_id: EventId,
    photo_ids: &[PhotoId],
    user_id: UserId,
) -> Result<bool> {
    Ok(query_scalar(
        "select not exists (select from photo where event_id = $1 and photo_id = any($2) \
         and uploaded_by is distinct from $3)",
    )
    .bind(event_id.0)
    .bind(uuids(photo_ids))
    .bind(user_id.0)
    .fetch_one(db)
    .await?)
}

/// Publishes these photos of the event, or takes them back, as the change that [`crate::event::next_change`] gave.
/// Returns how many were not so before.
///
/// # Errors
/// When the database fails.
pub async fn set_published(
    db: &mut PgConnection,
    event_id: EventId,
    photo_ids: &[PhotoId],
    published: bool,
    change: i64,
) -> Result<u64> {
    let done = query(
        "update photo set published = $3, change = $4 \
         where event_id = $1 and photo_id = any($2) and published <> $3",
    )
    .bind(event_id.0)
    .bind(uuids(photo_ids))
    .bind(published)
    .bind(change)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes these photos of the event, whose row [`crate::event::next_change`] has locked, with all that hangs on them,
/// and asks for their blobs to be deleted. Galleries in memory are loaded anew. Returns how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, photo_ids: &[PhotoId]) -> Result<u64> {
    lock_jobs(db, event_id, photo_ids).await?;
    let gone: Vec<(Vec<u8>, i32)> = query_as(
        "delete from photo where event_id = $1 and photo_id = any($2) returning sha256, \
         (select count(*)::integer from face where face.event_id = $1 and face.photo_id = photo.photo_id)",
    )
    .bind(event_id.0)
    .bind(uuids(photo_ids))
    .fetch_all(&mut *db)
    .await?;
    if gone.iter().any(|(_, faces)| *faces > 0) {
        empty_galleries(db, event_id).await?;
    }
    crate::rekognition::purge_photos(&mut *db, event_id, &uuids(photo_ids)).await?;
    let digests = gone.iter().map(|(bytes, _)| digest(bytes)).collect::<Result<Vec<Digest>>>()?;
    photo_purge::insert(db, event_id, &digests).await?;
    Ok(gone.len() as u64)
}

/// Locks the jobs of these photos in the order in which leases are prolonged, so that nobody waits in a circle.
async fn lock_jobs(db: &mut PgConnection, event_id: EventId, photo_ids: &[PhotoId]) -> Result<()> {
    query("select from job where event_id = $1 and photo_id = any($2) order by event_id, job_id for update")
        .bind(event_id.0)
        .bind(uuids(photo_ids))
        .execute(db)
        .await?;
    Ok(())
}

/// A gallery in memory that only looks for newer faces would keep those that went.
async fn empty_galleries(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    let statement = query(
        "update event set gallery_version = gallery_version + 1, gallery_epoch = gallery_epoch + 1 where event_id = $1",
    );
    statement.bind(event_id.0).execute(db).await?;
    Ok(())
}

fn uuids(photo_ids: &[PhotoId]) -> Vec<Uuid> {
    photo_ids.iter().map(|photo| photo.0).collect()
}
