//! Indexing an event with another model pack while the old index answers.
//!
//! `event.reindex_pack` says that it runs. Each photo that is ready has a job then, and loses it when its faces of the
//! new pack are written; they lie beside the old ones, where no gallery looks. Whoever takes the last job away makes the
//! event switch, in the same transaction. All of it happens under the lock of the event's row, so it happens once.
//!
//! ## Why
//! - A photo that becomes ready meanwhile gets its job in the transaction that makes it ready ([`follow`]), so
//!   the event never switches without it.
//! - A job that was tried too often stays and keeps the event from switching: a store that was away for an hour must
//!   not cost people their photos. Beginning again revives it.
//! - Nothing is counted beside the jobs, so nothing can disagree with them after a crash.

use domain::{EventId, JobId, PhotoId, REKOGNITION_PACK, Thresholds};
use sqlx::PgConnection;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::bulk::{NewFace, Param, ReadPhoto, Transaction, copy_faces, end_jobs, notify};
use crate::sql::query_as;
use crate::{Result, Store, rekognition, template_carry, template_match};

/// What became of the wish to index an event with another pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has begun; without photos it is done.
    Begun,
    /// It was under way with this pack; the photos that had been tried too often are tried again. If nothing was left to
    /// do it is done.
    Revived,
    /// It is under way already, with this pack or with another.
    Running,
    /// The event is indexed with this pack.
    SamePack,
    /// Somebody's face is kept at the event, which is compared with each new photo; with this pack, whose faces are kept
    /// elsewhere, nobody would be told of photos or hidden on them any more.
    FacesKeptHere,
    /// There is no such event.
    NoEvent,
}

/// How far the indexing of an event with another pack has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The new pack.
    pub pack: String,
    /// Photos whose faces of the new pack are known.
    pub done: i64,
    /// Photos that have to be read.
    pub total: i64,
    /// Photos that were tried too often. They keep the event from switching until it is asked for again.
    pub failed: i64,
}

/// What the new pack found on photos of one event.
#[derive(Debug)]
pub struct NewIndex<'a> {
    /// The event.
    pub event_id: EventId,
    /// The new pack.
    pub pack: &'a str,
    /// What its scores mean.
    pub thresholds: Thresholds,
    /// The lease under which the jobs were claimed.
    pub lease_token: Uuid,
    /// The photos.
    pub photos: &'a [NewFaces],
}

/// What the new pack found on a photo.
#[derive(Debug)]
pub struct NewFaces {
    /// The job that asked for it.
    pub job_id: JobId,
    /// The photo.
    pub photo_id: PhotoId,
    /// Its faces; none when it cannot be read.
    pub faces: Vec<NewFace>,
}

/// How far each of `event_ids` has come, in the same order; `None` where nothing runs.
///
/// # Errors
/// When the database fails.
pub async fn progress_of(db: &mut PgConnection, event_ids: &[EventId]) -> Result<Vec<Option<Progress>>> {
    let ids: Vec<Uuid> = event_ids.iter().map(|event| event.0).collect();
    let rows: Vec<(Uuid, String, i64, i64, i64)> = query_as(
        "select event_id, reindex_pack, \
           (select count(*) from photo where photo.event_id = event.event_id and state = 'ready'), \
           (select count(*) from job where job.event_id = event.event_id and kind = 'reindex_photo'), \
           (select count(*) from job where job.event_id = event.event_id and kind = 'reindex_photo' \
             and state = 'dead') \
         from event where event_id = any($1) and reindex_pack is not null",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    let of_event = |event_id: &EventId| {
        let (_, pack, total, left, failed) = rows.iter().find(|row| row.0 == event_id.0)?;
        Some(Progress { pack: pack.clone(), done: total - left, total: *total, failed: *failed })
    };
    Ok(event_ids.iter().map(of_event).collect())
}

impl Store {
    /// Begins to index the event with `pack`: one job for each photo that is ready.
    ///
    /// # Errors
    /// When the database fails; then nothing was begun.
    pub async fn begin_reindex(&self, event_id: EventId, pack: &str) -> Result<Begun> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute("deallocate all").await?;
        let begun = match lock(&tx, event_id).await? {
            None => Begun::NoEvent,
            Some(Packs { new: Some(new), .. }) if new == pack => revive(&tx, event_id).await?,
            Some(Packs { new: Some(_), .. }) => Begun::Running,
            Some(Packs { now, .. }) if now == pack => Begun::SamePack,
            Some(_) if pack == REKOGNITION_PACK && has_templates(&tx, event_id).await? => {
                Begun::FacesKeptHere
            }
            Some(_) => begin(&tx, event_id, pack).await?,
        };
        if matches!(begun, Begun::Begun | Begun::Revived) {
            let params = [(&crate::listen::CHANNEL as _, Type::TEXT)];
            tx.query_typed("select pg_notify($1, 'job')", &params).await?;
        }
        tx.commit().await?;
        client.done();
        Ok(begun)
    }

    /// Lets events switch whose last jobs went by another way than [`Store::finish_reindexed`], such as with a photo that
    /// was deleted. Returns how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn switch_left_over(&self) -> Result<usize> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        let rows = tx
            .query_typed(
                "select event_id from event where reindex_pack is not null and not exists (\
                   select from job where job.event_id = event.event_id and kind = 'reindex_photo')",
                &[],
            )
            .await?;
        tx.commit().await?;
        let mut switched = 0;
        for row in rows {
            let event_id = EventId(row.try_get(0)?);
            let tx = client.transaction().await?;
            lock(&tx, event_id).await?;
            switched += usize::from(switch_if_last(&tx, event_id).await?);
            tx.commit().await?;
        }
        client.done();
        Ok(switched)
    }

    /// Gives up indexing the event with another pack; what was made of it goes. True when it ran.
    ///
    /// # Errors
    /// When the database fails; then it goes on.
    pub async fn cancel_reindex(&self, event_id: EventId) -> Result<bool> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute("deallocate all").await?;
        let Some(Packs { new: Some(new), .. }) = lock(&tx, event_id).await? else { return Ok(false) };
        let event: Param<'_> = (&event_id.0, Type::UUID);
        // In the order in which leases are prolonged, so that nobody waits in a circle.
        let jobs = "delete from job where event_id = $1 and job_id in (select job_id from job \
                    where event_id = $1 and kind = 'reindex_photo' order by job_id for update)";
        tx.execute_typed(jobs, std::slice::from_ref(&event)).await?;
        let faces = "delete from face where event_id = $1 and pack = $2";
        tx.execute_typed(faces, &[event.clone(), (&new, Type::TEXT)]).await?;
        tx.execute_typed(
            "update event set reindex_pack = null where event_id = $1",
            std::slice::from_ref(&event),
        )
        .await?;
        if new == REKOGNITION_PACK {
            tx.execute_typed(rekognition::PURGE_EVENT, &[event]).await?;
        }
        notify(&tx, event_id).await?;
        tx.commit().await?;
        client.done();
        Ok(true)
    }

    /// Writes the faces that the new pack has found, and ends the jobs; when they were the last ones, the event
    /// switches. What was found by a pack that is no longer wanted, or under a lease that another worker has taken over,
    /// is dropped. Returns how many photos were written.
    ///
    /// # Errors
    /// When the database fails; then nothing was written.
    pub async fn finish_reindexed(&self, index: &NewIndex<'_>) -> Result<usize> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute("deallocate all").await?;
        let packs = lock(&tx, index.event_id).await?;
        if packs.and_then(|packs| packs.new).as_deref() != Some(index.pack) {
            return Ok(0);
        }
        let jobs: Vec<Uuid> = index.photos.iter().map(|photo| photo.job_id.0).collect();
        let held = end_jobs(&tx, index.event_id, index.lease_token, &jobs).await?;
        if !held.is_empty() {
            let version = replace_faces(&tx, index, &held).await?;
            let faces = faces_of(index, &held);
            copy_faces(&tx, index.event_id, index.pack, version, &faces).await?;
            // Of an event that had this pack once there may be templates of that time.
            template_match::compare(&tx, index.event_id, index.pack, index.thresholds, &held, &faces).await?;
            switch_if_last(&tx, index.event_id).await?;
        }
        tx.commit().await?;
        client.done();
        Ok(held.len())
    }
}

/// The packs of an event.
pub(crate) struct Packs {
    /// The one that answers.
    pub(crate) now: String,
    /// The one that is to answer.
    pub(crate) new: Option<String>,
}

/// Locks the event's row until the transaction ends; whoever deletes the event takes it first too.
pub(crate) async fn lock(tx: &Transaction<'_>, event_id: EventId) -> Result<Option<Packs>> {
    let params: [Param<'_>; 1] = [(&event_id.0, Type::UUID)];
    let rows = tx
        .query_typed("select pack, reindex_pack from event where event_id = $1 for no key update", &params)
        .await?;
    rows.first().map(|row| Ok(Packs { now: row.try_get(0)?, new: row.try_get(1)? })).transpose()
}

/// Photos were read for the old index while the new one is made: those that are ready are read for the new one too, and
/// those that are not are no longer waited for. What either index knew of them is gone.
pub(crate) async fn follow(tx: &Transaction<'_>, event_id: EventId, photos: &[&ReadPhoto]) -> Result<()> {
    let ids: Vec<Uuid> = photos.iter().map(|photo| photo.photo_id.0).collect();
    enqueue(tx, event_id, Some(&ids)).await?;
    tx.execute_typed(
        "delete from job using photo where job.event_id = $1 and kind = 'reindex_photo' and job.photo_id = any($2) \
         and photo.event_id = $1 and photo.photo_id = job.photo_id and photo.state = 'failed'",
        &[(&event_id.0, Type::UUID), (&ids, Type::UUID_ARRAY)],
    )
    .await?;
    switch_if_last(tx, event_id).await?;
    Ok(())
}

/// A photo has at most one such job at a time, so the job has the photo's id.
async fn enqueue(tx: &Transaction<'_>, event_id: EventId, only: Option<&[Uuid]>) -> Result<()> {
    tx.execute_typed(
        "insert into job (event_id, job_id, kind, photo_id, run_at) \
         select event_id, photo_id, 'reindex_photo', photo_id, now() from photo \
         where event_id = $1 and state = 'ready' and ($2::uuid[] is null or photo_id = any($2)) \
         on conflict (event_id, kind, photo_id) do nothing",
        &[(&event_id.0, Type::UUID), (&only, Type::UUID_ARRAY)],
    )
    .await?;
    Ok(())
}

/// Whether somebody's face is kept at the event. Its row is locked, as by whoever keeps another.
async fn has_templates(tx: &Transaction<'_>, event_id: EventId) -> Result<bool> {
    let params: [Param<'_>; 1] = [(&event_id.0, Type::UUID)];
    let rows = tx.query_typed("select from template where event_id = $1 limit 1", &params).await?;
    Ok(!rows.is_empty())
}

async fn begin(tx: &Transaction<'_>, event_id: EventId, pack: &str) -> Result<Begun> {
    let params: [Param<'_>; 2] = [(&event_id.0, Type::UUID), (&pack, Type::TEXT)];
    tx.execute_typed("update event set reindex_pack = $2 where event_id = $1", &params).await?;
    enqueue(tx, event_id, None).await?;
    notify(tx, event_id).await?;
    switch_if_last(tx, event_id).await?;
    Ok(Begun::Begun)
}

async fn revive(tx: &Transaction<'_>, event_id: EventId) -> Result<Begun> {
    let params: [Param<'_>; 1] = [(&event_id.0, Type::UUID)];
    let revived = tx
        .execute_typed(
            "update job set state = 'waiting', attempts = 0, run_at = now() \
             where event_id = $1 and kind = 'reindex_photo' and state = 'dead'",
            &params,
        )
        .await?;
    // Whoever deletes a photo takes its job with it, which may have been the last.
    let switched = switch_if_last(tx, event_id).await?;
    Ok(if revived > 0 || switched { Begun::Revived } else { Begun::Running })
}

/// Removes what an earlier try has written for these photos. Returns the version of the gallery that answers, which
/// stays as it is: whoever loads the new gallery reads it from the beginning.
async fn replace_faces(tx: &Transaction<'_>, index: &NewIndex<'_>, photos: &[Uuid]) -> Result<i64> {
    let event: Param<'_> = (&index.event_id.0, Type::UUID);
    tx.execute_typed(
        "delete from face where event_id = $1 and photo_id = any($2) and pack = $3",
        &[event.clone(), (&photos, Type::UUID_ARRAY), (&index.pack, Type::TEXT)],
    )
    .await?;
    let rows = tx.query_typed("select gallery_version from event where event_id = $1", &[event]).await?;
    Ok(rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)?)
}

/// The faces of those of the index's photos that are in `held`.
fn faces_of<'a>(index: &'a NewIndex<'_>, held: &[Uuid]) -> Vec<(PhotoId, &'a NewFace)> {
    let photos = index.photos.iter().filter(|photo| held.contains(&photo.photo_id.0));
    photos.flat_map(|photo| photo.faces.iter().map(|face| (photo.photo_id, face))).collect()
}

/// When no photo is left to be read with the new pack, that pack answers from now on: the faces of the old one go, once
/// they have told which of the new one are those of templates, and a new epoch makes every process load the new gallery. True when that happened.
async fn switch_if_last(tx: &Transaction<'_>, event_id: EventId) -> Result<bool> {
    let event: [Param<'_>; 1] = [(&event_id.0, Type::UUID)];
    let switched = tx
        .execute_typed(
            "update event set pack = reindex_pack, reindex_pack = null, gallery_epoch = gallery_epoch + 1, \
             change_count = change_count + 1 \
             where event_id = $1 and reindex_pack is not null \
             and not exists (select from job where job.event_id = $1 and kind = 'reindex_photo')",
            &event,
        )
        .await?;
    if switched == 0 {
        return Ok(false);
    }
    template_carry::carry_over(tx, event_id).await?;
    // Faces that were kept elsewhere until now are wanted there no longer.
    let left = tx
        .query_typed(
            "select from event where event_id = $1 and pack <> $2",
            &[event[0].clone(), (&REKOGNITION_PACK, Type::TEXT)],
        )
        .await?;
    if !left.is_empty() {
        tx.execute_typed(rekognition::PURGE_EVENT, &event).await?;
    }
    // A photo that was marked as lost while it was being read keeps no face either.
    tx.execute_typed(
        "delete from face using event, photo where face.event_id = $1 and event.event_id = $1 \
         and photo.event_id = $1 and photo.photo_id = face.photo_id \
         and (face.pack <> event.pack or photo.state <> 'ready')",
        &event,
    )
    .await?;
    tx.execute_typed(
        "update photo set face_count = found.faces, change = event.change_count from event, (\
           select photo.photo_id, count(face_id)::int as faces from photo left join face using (event_id, photo_id) \
           where photo.event_id = $1 and state = 'ready' group by photo.photo_id) as found \
         where photo.event_id = $1 and event.event_id = $1 and photo.photo_id = found.photo_id \
         and face_count <> found.faces",
        &event,
    )
    .await?;
    notify(tx, event_id).await?;
    Ok(true)
}
