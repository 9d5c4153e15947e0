//! Blobs of photos that were deleted while their event goes on.
//!
//! ## Why
//! - They are deleted some minutes after their rows: a worker that reads such a photo writes its copies until then.
//! - The same bytes may be uploaded again at any moment. Whoever uploads puts the purge off before the bytes are
//!   written and takes it back in the transaction that inserts the photo; whoever deletes blobs holds the purge's row
//!   locked meanwhile. So the blobs of a photo that there is are never deleted, and those of an upload that was
//!   interrupted are in the end.

use domain::{Digest, EventId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{query, query_as, query_scalar};
use crate::{Result, photo};

/// A photo whose blobs have to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Its event.
    pub event_id: EventId,
    /// The SHA-256 of its original.
    pub sha256: Digest,
}

/// Asks for the blobs of photos to be deleted in ten minutes, in the transaction that deletes the photos.
pub(crate) async fn insert(db: &mut PgConnection, event_id: EventId, sha256: &[Digest]) -> Result<()> {
    let digests: Vec<&[u8]> = sha256.iter().map(|digest| digest.0.as_slice()).collect();
    query(
        "insert into photo_purge (event_id, sha256, run_at) \
           select $1, sha256, now() + interval '10 minutes' from unnest($2::bytea[]) as gone (sha256) order by sha256 \
         on conflict (event_id, sha256) do update set run_at = excluded.run_at",
    )
    .bind(event_id.0)
    .bind(digests)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a purge off for an hour, because the same bytes are about to be written again. Waits for who is purging them.
///
/// # Errors
/// When the database fails.
pub async fn put_off(db: &mut PgConnection, event_id: EventId, sha256: Digest) -> Result<()> {
    query("update photo_purge set run_at = now() + interval '1 hour' where event_id = $1 and sha256 = $2")
        .bind(event_id.0)
        .bind(sha256.0.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Takes a purge back, in the transaction that inserts a photo with these bytes and before it looks whether they are
/// stored. Waits for who is purging them.
///
/// # Errors
/// When the database fails.
pub async fn cancel(db: &mut PgConnection, event_id: EventId, sha256: Digest) -> Result<()> {
    query("delete from photo_purge where event_id = $1 and sha256 = $2")
        .bind(event_id.0)
        .bind(sha256.0.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Locks the purge whose turn it is, if any, until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &mut PgConnection) -> Result<Option<Purge>> {
    let row: Option<(Uuid, Vec<u8>)> = query_as(
        "select event_id, sha256 from photo_purge where run_at <= now() order by run_at limit 1 \
         for update skip locked",
    )
    .fetch_optional(db)
    .await?;
    let purge = |(event_id, sha256): (Uuid, Vec<u8>)| {
        Ok(Purge { event_id: EventId(event_id), sha256: photo::digest(&sha256)? })
    };
    row.map(purge).transpose()
}

/// Puts off a purge that could not be done, so that others have their turn before it.
///
/// # Errors
/// When the database fails.
pub async fn try_later(db: &mut PgConnection, purge: Purge) -> Result<()> {
    query("update photo_purge set run_at = now() + interval '5 minutes' where event_id = $1 and sha256 = $2")
        .bind(purge.event_id.0)
        .bind(purge.sha256.0.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Whether nobody has these bytes, so that they may be deleted while the purge is locked.
///
/// # Errors
/// When the database fails.
pub async fn is_due(db: &mut PgConnection, purge: Purge) -> Result<bool> {
    Ok(query_scalar("select not exists (select from photo where event_id = $1 and sha256 = $2)")
        .bind(purge.event_id.0)
        .bind(purge.sha256.0.as_slice())
        .fetch_one(db)
        .await?)
}

/// Forgets the purges of an event that is deleted with all its blobs.
pub(crate) async fn forget_event(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query("delete from photo_purge where event_id = $1").bind(event_id.0).execute(db).await?;
    Ok(())
}
