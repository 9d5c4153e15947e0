//! What the photo store has of one event, by photo and by upload.

use std::collections::HashMap;

use blobs::{BlobInfo, StoredKey};
use domain::{Digest, EventId, Rendition};
use futures::TryStreamExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::DeepCheck;

/// What the store has of one photo.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored {
    /// Length of the original.
    pub(super) original_bytes: Option<u64>,
    /// Whether there is a preview.
    pub(super) preview: bool,
    /// Whether there is a thumb.
    pub(super) thumb: bool,
    /// When the newest of them was written.
    pub(super) written_at: Option<OffsetDateTime>,
}

impl Stored {
    /// Which copies there are.
    pub(super) fn renditions(&self) -> impl Iterator<Item = Rendition> + use<> {
        let all = [
            (Rendition::Original, self.original_bytes.is_some()),
            (Rendition::Preview, self.preview),
            (Rendition::Thumb, self.thumb),
        ];
        all.into_iter().filter_map(|(rendition, there)| there.then_some(rendition))
    }

    /// Whether nothing of it was written since `moment`.
    pub(super) fn is_older_than(&self, moment: OffsetDateTime) -> bool {
        self.written_at.is_none_or(|at| at < moment)
    }

    fn take(&mut self, info: &BlobInfo, rendition: Rendition) {
        match rendition {
            Rendition::Original => self.original_bytes = Some(info.size_bytes),
            Rendition::Preview => self.preview = true,
            Rendition::Thumb => self.thumb = true,
            // Never stored, so never found.
            Rendition::Marked => return,
        }
        self.written_at = self.written_at.max(Some(info.modified_at));
    }
}

/// What the store has of one event.
#[derive(Debug, Default)]
pub(super) struct BlobsOfEvent {
    /// By the SHA-256 of the original.
    pub(super) photos: HashMap<Digest, Stored>,
    /// When the newest part of each unfinished upload was written.
    pub(super) uploads: HashMap<Uuid, OffsetDateTime>,
    /// When each logo and cover was written.
    pub(super) images: HashMap<Digest, OffsetDateTime>,
}

impl DeepCheck<'_> {
    pub(super) async fn blobs_of(&self, event_id: EventId) -> anyhow::Result<BlobsOfEvent> {
        let mut found = BlobsOfEvent::default();
        let mut blobs = self.blobs.list_event_blobs(event_id);
        while let Some(info) = blobs.try_next().await? {
            match info.key {
                StoredKey::Photo { sha256, rendition, .. } => {
                    found.photos.entry(sha256).or_default().take(&info, rendition);
                }
                StoredKey::UploadPart { upload_id, .. } => {
                    let newest = found.uploads.entry(upload_id).or_insert(info.modified_at);
                    *newest = info.modified_at.max(*newest);
                }
                StoredKey::Image { sha256, .. } => {
                    found.images.insert(sha256, info.modified_at);
                }
                // Told among the files of no event.
                StoredKey::Other(_) => {}
            }
        }
        Ok(found)
    }
}
