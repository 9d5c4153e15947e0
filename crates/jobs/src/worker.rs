//! The loop that claims work and does it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use blobs::Blobs;
use domain::{Clock, Entropy};
use intake::Receiver;
use recognizer::Recognizer;
use store::job::{Job, Kind};
use store::{Store, StoreError, job};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::back_off::{
    ALONE_FROM_ATTEMPT, ATTEMPTS_MAX, STORE_AWAY_SECONDS, WITHOUT_MODELS_SECONDS, delay_seconds,
};
use crate::calls::write_calls;
use crate::{
    JobError, ingest_photo, new_photos, purge_event, purge_photos, purge_rekognition, reindex_photo, sweep,
};

/// How often to look for deleted events.
const PURGE_EVERY: Duration = Duration::from_secs(2);
/// How often to look for people who are to be told of new photos.
const TELL_EVERY: Duration = Duration::from_secs(20);
/// How often to sweep.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// Photos claimed at once.
    pub batch: i64,
    /// Batches under way at once: while one computes, another reads or writes.
    pub batches_at_once: usize,
    /// How long a claim lasts without being renewed.
    pub lease_seconds: i32,
    /// How often to look for work when nobody calls.
    pub poll: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { batch: 8, batches_at_once: 3, lease_seconds: 30, poll: Duration::from_secs(1) }
    }
}

/// Does the work of the queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The database.
    pub store: Store,
    /// Photo bytes.
    pub blobs: Blobs,
    /// Reads photos.
    pub recognizer: Recognizer,
    /// For ids and lease tokens.
    pub entropy: Entropy,
    /// Tells what has run out.
    pub clock: Clock,
    /// Finishes uploads that were interrupted, and ends those that have run out.
    pub receiver: Receiver,
    /// Where people reach FindMe, for links in messages; without a slash at its end.
    pub public_url: String,
    /// How it works.
    pub settings: WorkerSettings,
    /// Called when there is new work.
    pub wake: Arc<Notify>,
}

impl Worker {
    /// Works until `stop` becomes true; then ends what is under way and returns.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let loops = (0..self.settings.batches_at_once).map(|_| self.run_one(stop.clone()));
        tokio::join!(
            futures::future::join_all(loops),
            self.keep_house(stop.clone()),
            self.delete_at_rekognition(stop.clone()),
        );
        self.write_calls().await;
    }

    async fn write_calls(&self) {
        if let Err(error) = write_calls(&self.store, &self.recognizer, &self.clock).await {
            tracing::warn!(%error, "what Rekognition was asked could not be written down");
        }
    }

    /// Deletes what is left of deleted events and photos, sweeps away what has run out, and tells people of new photos,
    /// until `stop` becomes true.
    async fn keep_house(&self, mut stop: watch::Receiver<bool>) {
        let mut sweep_due = tokio::time::Instant::now();
        let mut tell_due = sweep_due;
        while !*stop.borrow() {
            if tokio::time::Instant::now() >= tell_due {
                tell_due = tokio::time::Instant::now() + TELL_EVERY;
                if let Err(error) = new_photos::tell(self).await {
                    tracing::warn!(%error, "people could not be told of new photos; trying again");
                }
            }
            if tokio::time::Instant::now() >= sweep_due {
                sweep_due += SWEEP_EVERY;
                if let Err(error) = sweep::sweep(self).await {
                    tracing::warn!(%error, "what has run out could not be swept away; trying again later");
                }
            }
            if let Err(error) = self.receiver.finish_interrupted().await {
                tracing::warn!(%error, "an upload that has arrived could not be finished; trying again");
            }
            if let Err(error) = self.receiver.drop_left_parts().await {
                tracing::warn!(%error, "parts of an upload could not be deleted; trying again");
            }
            if let Err(error) = self.store.switch_left_over().await {
                tracing::warn!(%error, "whether an event may switch to its new index could not be asked; trying again");
            }
            match self.purge_once().await {
                Ok(1..) => continue,
                Ok(0) => {}
                Err(error) => {
                    tracing::warn!(%error, "files of a deleted event or photo could not be removed; trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PURGE_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Deletes at Rekognition what was deleted here, until `stop` becomes true. By itself, because Rekognition may be slow:
    /// what else there is to keep in order does not wait for it, nor does the end of the process. What was begun and not
    /// ended comes again.
    async fn delete_at_rekognition(&self, mut stop: watch::Receiver<bool>) {
        if self.recognizer.rekognition().is_none() {
            return;
        }
        while !*stop.borrow() {
            let purged = tokio::select! {
                purged = Box::pin(purge_rekognition::purge_some(self)) => purged,
                _ = stop.changed() => return,
            };
            self.write_calls().await;
            match purged {
                Ok(1..) => continue,
                Ok(0) => {}
                Err(error) => {
                    tracing::warn!(%error, "faces could not be deleted at Rekognition; trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PURGE_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Deletes what is left of some deleted event and of some deleted photos. Returns how many were looked at.
    async fn purge_once(&self) -> Result<usize, JobError> {
        let photos = purge_photos::purge_some(self).await;
        // Whatever is in the way of the one: the other may still be done.
        let event = purge_event::purge_one(self).await;
        Ok(photos? + usize::from(event?))
    }

    /// Deletes what is left of deleted events and photos now, here and at Rekognition. Returns how many were looked at.
    ///
    /// # Errors
    /// When database, photo store or Rekognition are away.
    pub async fn purge_until_idle(&self) -> Result<usize, JobError> {
        let mut purged = 0;
        loop {
            let here = self.purge_once().await;
            let there = Box::pin(purge_rekognition::purge_some(self)).await;
            write_calls(&self.store, &self.recognizer, &self.clock).await?;
            let more = here? + there?;
            if more == 0 {
                return Ok(purged);
            }
            purged += more;
        }
    }

    /// Sweeps away what has run out now, as a running worker does from time to time.
    ///
    /// # Errors
    /// When database or photo store are away.
    pub async fn sweep(&self) -> Result<(), JobError> {
        sweep::sweep(self).await
    }

    /// Tells people of new photos now. Returns how many were told.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tell_of_new_photos(&self) -> Result<usize, JobError> {
        new_photos::tell(self).await
    }

    /// Works until nothing is due. Returns how many photos were handled.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn run_until_idle(&self) -> Result<usize, JobError> {
        let mut handled = 0;
        loop {
            let loops = (0..self.settings.batches_at_once).map(|_| self.batch());
            let counts = futures::future::try_join_all(loops).await?;
            let sum: usize = counts.iter().sum();
            if sum == 0 {
                self.write_calls().await;
                return Ok(handled);
            }
            handled += sum;
        }
    }

    async fn run_one(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // From before the look at the queue, so that a call during it is not missed.
            let called = self.wake.notified();
            let pause = match self.batch().await {
                Ok(0) => self.settings.poll,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read; trying again");
                    Duration::from_secs(2)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = called => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Claims a batch and does it. Returns how many jobs got anywhere: what is in the way of all of them is in the way of
    /// the next batch too, so the caller pauses.
    async fn batch(&self) -> Result<usize, JobError> {
        let lease = Uuid::from_bytes(self.entropy.bytes());
        let mut tx = self.store.begin_job().await?;
        let jobs = job::claim(&mut tx, lease, self.settings.lease_seconds, self.settings.batch).await?;
        tx.commit().await.map_err(store::StoreError::from)?;
        if jobs.is_empty() {
            return Ok(0);
        }
        let work = async {
            let mut moved = 0;
            for group in groups(&jobs) {
                moved += self.do_group(lease, &group).await;
            }
            moved
        };
        Ok(tokio::select! {
            moved = work => moved,
            never = self.keep_lease(lease) => match never {},
        })
    }

    /// Does a group. Returns how many of its jobs were done or failed for reasons of their own.
    async fn do_group(&self, lease: Uuid, group: &[Job]) -> usize {
        let Err(error) = self.read_and_store(lease, group).await else { return group.len() };
        let Some(delay) = delay_without_fault(&error) else {
            self.try_later(lease, group, &error, None).await;
            return group.len();
        };
        if !matches!(error, JobError::Blobs(_)) || self.blobs.works().await.is_err() {
            self.try_later(lease, group, &error, Some(delay)).await;
            return 0;
        }
        // The store works, so it is one of these originals that cannot be had: the others must not wait for it.
        for job in group {
            let alone = std::slice::from_ref(job);
            if let Err(error) = self.read_and_store(lease, alone).await {
                self.try_later(lease, alone, &error, None).await;
            }
        }
        group.len()
    }

    /// Does the jobs of a group, which are of one kind.
    async fn read_and_store(&self, lease: Uuid, group: &[Job]) -> Result<(), JobError> {
        match group.first().map(|job| job.kind) {
            Some(Kind::IngestPhoto) => ingest_photo::read_and_store(self, lease, group).await,
            Some(Kind::ReindexPhoto) => reindex_photo::read_and_store(self, lease, group).await,
            None => Ok(()),
        }
    }

    /// Prolongs the lease for as long as it is polled.
    async fn keep_lease(&self, lease: Uuid) -> Infallible {
        let third = Duration::from_secs(u64::try_from(self.settings.lease_seconds / 3).unwrap_or(1).max(1));
        loop {
            tokio::time::sleep(third).await;
            if let Err(error) = self.renew(lease).await {
                tracing::warn!(%error, "a lease could not be prolonged; another worker may do the work again");
            }
        }
    }

    async fn renew(&self, lease: Uuid) -> Result<(), JobError> {
        let mut tx = self.store.begin_job().await?;
        job::renew(&mut tx, lease, self.settings.lease_seconds).await?;
        Ok(tx.commit().await.map_err(store::StoreError::from)?)
    }

    /// Gives a job back, or sets it aside, by whose fault it is.
    pub(crate) async fn leave(&self, lease: Uuid, job: &Job, error: &JobError) {
        self.try_later(lease, std::slice::from_ref(job), error, delay_without_fault(error)).await;
    }

    /// Gives jobs back, or sets them aside. If that fails too, their lease runs out and they come back by themselves.
    /// With `without_fault` they come back after so many seconds, and this try does not count.
    async fn try_later(&self, lease: Uuid, jobs: &[Job], error: &JobError, without_fault: Option<i32>) {
        for job in jobs {
            if let Err(second) = self.give_back(lease, job, error, without_fault).await {
                tracing::warn!(error = %second, job_id = %job.job_id, "a job could not be given back");
            }
        }
    }

    async fn give_back(
        &self,
        lease: Uuid,
        job: &Job,
        error: &JobError,
        without_fault: Option<i32>,
    ) -> Result<(), JobError> {
        let text = error.to_string();
        let mut tx = self.store.begin_job().await?;
        // The event first, as whoever deletes it takes it first too.
        let Some(change) = store::event::next_change(&mut tx, job.event_id).await? else { return Ok(()) };
        if let Some(delay) = without_fault {
            tracing::warn!(error = text, photo_id = %job.photo_id, delay, "a photo is left for later");
            job::postpone(&mut tx, job, lease, delay, &text).await?;
        } else if job.attempts >= ATTEMPTS_MAX {
            tracing::error!(error = text, photo_id = %job.photo_id, "a photo was tried too often and is set aside");
            if job::bury(&mut tx, job, lease, &text).await? && job.kind == Kind::IngestPhoto {
                store::photo::fail_unread(&mut tx, job.event_id, job.photo_id, change, "internal", &text)
                    .await?;
            }
        } else {
            let delay = delay_seconds(job.attempts);
            tracing::warn!(error = text, photo_id = %job.photo_id, delay, "a photo could not be handled; trying again");
            job::retry_later(&mut tx, job, lease, delay, &text).await?;
        }
        Ok(tx.commit().await.map_err(store::StoreError::from)?)
    }
}

/// When to offer a job again whose failure says nothing about its photo.
fn delay_without_fault(error: &JobError) -> Option<i32> {
    match error {
        JobError::Pack(_) => Some(WITHOUT_MODELS_SECONDS),
        JobError::Store(StoreError::OtherPack) => Some(0),
        // An outage of an hour must not make failures of the photos that waited through it.
        JobError::Elsewhere(_) => Some(STORE_AWAY_SECONDS),
        JobError::Blobs(error) if error.is_temporary() => Some(STORE_AWAY_SECONDS),
        JobError::Store(error) if error.is_unavailable() => Some(STORE_AWAY_SECONDS),
        JobError::Store(_) | JobError::Blobs(_) | JobError::Intake(_) | JobError::FailsElsewhere(_) => None,
    }
}

/// The jobs by kind and event, and each that was interrupted several times by itself.
fn groups(jobs: &[Job]) -> Vec<Vec<Job>> {
    let mut sorted = jobs.to_vec();
    sorted.sort_by_key(|job| (job.kind, job.event_id));
    let together = |a: &Job, b: &Job| {
        (a.kind, a.event_id) == (b.kind, b.event_id)
            && a.attempts < ALONE_FROM_ATTEMPT
            && b.attempts < ALONE_FROM_ATTEMPT
    };
    sorted.chunk_by(together).map(<[Job]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use domain::{EventId, JobId, PhotoId};

    use super::*;

    #[test]
    fn groups_are_of_one_kind_and_event_and_suspects_stand_alone() {
        let job = |event: u128, attempts| Job {
            event_id: EventId(Uuid::from_u128(event)),
            job_id: JobId(Uuid::nil()),
            kind: Kind::IngestPhoto,
            photo_id: PhotoId(Uuid::nil()),
            attempts,
        };
        let sizes: Vec<usize> =
            groups(&[job(1, 1), job(2, 1), job(1, 2), job(1, 4), job(1, 9)]).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
        let again = |event| Job { kind: Kind::ReindexPhoto, ..job(event, 1) };
        let kinds: Vec<Vec<Kind>> = groups(&[again(1), job(2, 1), again(1), job(1, 1)])
            .iter()
            .map(|group| group.iter().map(|job| job.kind).collect())
            .collect();
        assert_eq!(
            kinds,
            [vec![Kind::IngestPhoto], vec![Kind::IngestPhoto], vec![Kind::ReindexPhoto; 2]],
            "what came is read first"
        );
    }
}
