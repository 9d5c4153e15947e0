//! One event: its rows against its blobs, then what is left over of the blobs.

use std::collections::HashSet;

use anyhow::bail;
use blobs::{BlobKey, ImageKey};
use domain::{Digest, EventId, JobId, PhotoId, PhotoState, Rendition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::deep_check::{self, EventRow, JobState, PhotoRow};
use uuid::Uuid;

use super::DeepCheck;
use super::blobs_of_event::{BlobsOfEvent, Stored};
use super::judge::{Fault, Original, fault};
use super::report::Report;

/// Photos asked for at once.
const PHOTOS_PAGE: i64 = 500;
/// Originals read at once.
const READ_AT_ONCE: usize = 4;
/// How often an original is read that cannot be read to its end.
const READS_MAX: u32 = 2;
/// After so many originals that cannot be read the store itself is at fault.
const TROUBLES_MAX: usize = 50;

impl DeepCheck<'_> {
    /// Checks an event and repairs it.
    pub(super) async fn event(&self, event: &EventRow, bar: &ProgressBar) -> anyhow::Result<Report> {
        let mut report = Report::default();
        let mut stored = self.blobs_of(event.event_id).await?;
        let (mut after, mut dead) = (None, 0);
        loop {
            let rows = self.photos_behind(event.event_id, after).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.photo_id);
            dead += rows.iter().filter(|row| row.job == Some(JobState::Dead)).count();
            self.page(event.event_id, rows, &mut stored, &mut report, bar).await?;
        }
        self.blobs_without_row(event.event_id, stored, &mut report).await?;
        report.note_lost_before();
        if dead > 0 {
            report.note(format!("{dead} photos were tried too often: retry them on the event's page"));
        }
        Ok(report)
    }

    async fn photos_behind(
        &self,
        event_id: EventId,
        after: Option<PhotoId>,
    ) -> anyhow::Result<Vec<PhotoRow>> {
        let mut tx = self.store.begin_job().await?;
        Ok(deep_check::photos(&mut tx, event_id, after, PHOTOS_PAGE).await?)
    }

    async fn page(
        &self,
        event_id: EventId,
        rows: Vec<PhotoRow>,
        stored: &mut BlobsOfEvent,
        report: &mut Report,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let found: Vec<(PhotoRow, Stored)> = rows
            .into_iter()
            .map(|row| {
                let stored = stored.photos.remove(&row.sha256).unwrap_or_default();
                (row, stored)
            })
            .collect();
        let mut examined = stream::iter(found)
            .map(async |(row, stored)| {
                let original = self.original(event_id, &row, stored).await;
                (row, stored, original)
            })
            .buffer_unordered(READ_AT_ONCE);
        while let Some((row, stored, original)) = examined.next().await {
            bar.inc(1);
            match original {
                Ok(original) => match fault(&row, original, stored) {
                    Some(fault) => self.repair(event_id, &row, stored, original, fault, report).await?,
                    None if original != Original::Whole => report.lost_before(),
                    None => {}
                },
                Err(error) => {
                    report.trouble(format!("{}: cannot be read: {error}", name_of(&row)));
                    if report.troubles() >= TROUBLES_MAX {
                        bail!("{TROUBLES_MAX} originals cannot be read, the last one because {error}");
                    }
                }
            }
        }
        Ok(())
    }

    /// How the original is, read to its end unless its length says enough.
    async fn original(
        &self,
        event_id: EventId,
        row: &PhotoRow,
        stored: Stored,
    ) -> Result<Original, blobs::BlobError> {
        let key = BlobKey::new(event_id, row.sha256, Rendition::Original);
        let wanted_bytes = u64::try_from(row.size_bytes).ok();
        if stored.original_bytes.is_some() && stored.original_bytes != wanted_bytes {
            return Ok(Original::Damaged);
        }
        let mut reads = 1;
        loop {
            match self.digest_of(&key).await {
                Ok(None) => return Ok(Original::Missing),
                Ok(Some(digest)) if digest == row.sha256 => return Ok(Original::Whole),
                Ok(Some(_)) => return Ok(Original::Damaged),
                Err(_) if reads < READS_MAX => reads += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn digest_of(&self, key: &BlobKey) -> Result<Option<Digest>, blobs::BlobError> {
        let Some(mut blob) = self.blobs.stream(key).await? else { return Ok(None) };
        let mut hasher = Sha256::new();
        while let Some(piece) = blob.stream.try_next().await? {
            hasher.update(&piece);
        }
        Ok(Some(Digest(hasher.finalize().into())))
    }

    /// Repairs a photo if it still stands as it was found.
    async fn repair(
        &self,
        event_id: EventId,
        row: &PhotoRow,
        listed: Stored,
        original: Original,
        found: Fault,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let stored = self.stored_now(event_id, row.sha256).await?;
        if original != Original::Whole && stored.original_bytes != listed.original_bytes {
            // Somebody has written it meanwhile.
            return Ok(());
        }
        let mut tx = self.store.begin_job().await?;
        let Some(photo) = deep_check::lock_photo(&mut tx, event_id, row.photo_id).await? else {
            return Ok(());
        };
        if photo.row != *row || fault(row, original, stored) != Some(found) {
            // Somebody else is at it; the next check sees what came of it.
            return Ok(());
        }
        match found {
            Fault::Lost(loss) => {
                report.lost(format!("{}: {}: upload it again", name_of(row), found.words()));
                photo.mark_lost(&mut tx, loss.code(), loss.detail()).await?;
            }
            Fault::RenditionMissing | Fault::JobMissing | Fault::FacesMiscounted | Fault::OriginalBack => {
                report.repaired(found.words(), 1);
                photo.read_again(&mut tx, JobId::from_entropy(self.entropy)).await?;
            }
        }
        if !self.dry_run {
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(())
    }

    async fn stored_now(&self, event_id: EventId, sha256: Digest) -> Result<Stored, blobs::BlobError> {
        let info = async |rendition| self.blobs.info(&BlobKey::new(event_id, sha256, rendition)).await;
        Ok(Stored {
            original_bytes: info(Rendition::Original).await?.map(|info| info.size_bytes),
            preview: info(Rendition::Preview).await?.is_some(),
            thumb: info(Rendition::Thumb).await?.is_some(),
            ..Stored::default()
        })
    }

    /// Deletes what belongs to no photo and no upload, and has not been written lately.
    async fn blobs_without_row(
        &self,
        event_id: EventId,
        left: BlobsOfEvent,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let settled = self.settled_before();
        let old: Vec<Digest> =
            left.images.into_iter().filter(|(_, at)| *at < settled).map(|(digest, _)| digest).collect();
        for digest in old {
            self.image_without_row(event_id, digest, report).await?;
        }
        let old: Vec<(Digest, Stored)> =
            left.photos.into_iter().filter(|(_, stored)| stored.is_older_than(settled)).collect();
        for some in old.chunks(usize::try_from(PHOTOS_PAGE).unwrap_or(1)) {
            self.photos_without_row(event_id, some, report).await?;
        }
        let old: Vec<Uuid> = left
            .uploads
            .into_iter()
            .filter(|(_, at)| *at < settled)
            .map(|(upload_id, _)| upload_id)
            .collect();
        let mut tx = self.store.begin_job().await?;
        let known: HashSet<Uuid> =
            deep_check::upload_ids(&mut tx, event_id, &old).await?.into_iter().collect();
        drop(tx);
        for upload_id in old.into_iter().filter(|upload_id| !known.contains(upload_id)) {
            report.repaired("upload that nobody knows: its parts deleted", 1);
            if !self.dry_run {
                self.blobs.delete_upload(event_id, upload_id).await?;
            }
        }
        Ok(())
    }

    /// Deletes an image that is neither logo nor cover. While the event's row is held nobody can make it one.
    async fn image_without_row(
        &self,
        event_id: EventId,
        digest: Digest,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut tx = self.store.begin_job().await?;
        let is_held = store::event::lock(&mut tx, event_id).await?.is_some();
        if !is_held || store::event_image::by_sha256(&mut tx, event_id, digest).await?.is_some() {
            return Ok(());
        }
        report.repaired("image that is neither logo nor cover: deleted", 1);
        if !self.dry_run {
            self.blobs.delete_image(&ImageKey::new(event_id, digest)).await?;
        }
        Ok(())
    }

    async fn photos_without_row(
        &self,
        event_id: EventId,
        photos: &[(Digest, Stored)],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let digests: Vec<Digest> = photos.iter().map(|(digest, _)| *digest).collect();
        let mut tx = self.store.begin_job().await?;
        let with_row: HashSet<Digest> =
            deep_check::with_photo(&mut tx, event_id, &digests).await?.into_iter().collect();
        let uploads_open = deep_check::uploads_open(&mut tx, event_id).await?;
        drop(tx);
        for (digest, stored) in photos.iter().filter(|(digest, _)| !with_row.contains(digest)) {
            if stored.original_bytes.is_some() && uploads_open {
                report.note(format!("{digest} has no photo; it is left alone while uploads are unfinished"));
                continue;
            }
            for rendition in stored.renditions() {
                self.blob_without_row(event_id, *digest, rendition, report).await?;
            }
        }
        Ok(())
    }

    /// Deletes a blob unless it was written again meanwhile, by somebody who is about to write its row. While the event's
    /// row is held nobody can, and whoever comes next looks whether the blob is there.
    async fn blob_without_row(
        &self,
        event_id: EventId,
        digest: Digest,
        rendition: Rendition,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut tx = self.store.begin_job().await?;
        let is_held = store::event::next_change(&mut tx, event_id).await?.is_some();
        if !is_held || store::photo::id_by_sha256(&mut tx, event_id, digest).await?.is_some() {
            return Ok(());
        }
        let key = &BlobKey::new(event_id, digest, rendition);
        match self.blobs.info(key).await? {
            Some(info) if info.modified_at < self.settled_before() => {}
            Some(_) | None => return Ok(()),
        }
        report.repaired(
            match rendition {
                Rendition::Original => "original of no photo: deleted",
                Rendition::Preview | Rendition::Thumb | Rendition::Marked => {
                    "preview or thumb of no photo: deleted"
                }
            },
            1,
        );
        if !self.dry_run {
            self.blobs.delete(key).await?;
        }
        // Nothing in it has changed.
        tx.rollback().await?;
        Ok(())
    }
}

/// A photo, for a person.
fn name_of(row: &PhotoRow) -> String {
    let state = match row.state {
        PhotoState::Waiting => "waiting",
        PhotoState::Ready => "ready",
        PhotoState::Failed => "failed",
    };
    format!("{} (photo {}, was {state})", row.file_name, row.photo_id)
}
