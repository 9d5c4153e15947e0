//! What visitors get of a photo where the event has a watermark: the preview with the mark drawn over it.
//!
//! ## Why
//! - Made when it is asked for, never stored: another text or logo counts at once, and for all photos.
//! - What was made last stays in memory, since many look at the same photos at the same time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blobs::{BlobKey, Blobs, ImageKey};
use bytes::Bytes;
use domain::{Digest, EventId, Rendition};
use recognizer::{Drawing, PaintError, Painter};
use store::event::{Event, Watermark};
use store::event_image::{self, Kind};
use store::{Connection, Store};

use crate::error::{Code, Problem};

/// Bytes of marked photos kept in memory: some hundred.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Which copy of a photo visitors get, to look at and to keep.
pub fn visitor_rendition(event: &Event) -> Rendition {
    if event.watermark.enabled { Rendition::Marked } else { Rendition::Preview }
}

/// What is drawn over the photos of an event.
#[derive(Clone, Debug)]
pub(crate) struct Marking {
    drawing: Drawing,
    /// Tells apart what was drawn with other settings.
    settings: Digest,
}

/// A marked photo in memory.
#[derive(Debug)]
struct Kept {
    key: (EventId, Digest, Digest),
    bytes: Bytes,
}

/// Draws watermarks, and keeps what was drawn last. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MarkedPhotos {
    /// Does the drawing.
    pub painter: Painter,
    /// What was used last stands last.
    kept: Arc<Mutex<VecDeque<Kept>>>,
}

impl Marking {
    /// What is drawn over the photos of `event`; nothing when its watermark is off or empty.
    pub(crate) async fn of(
        db: &mut Connection,
        blobs: &Blobs,
        event: &Event,
    ) -> Result<Option<Self>, Problem> {
        if event.watermark.enabled {
            Self::with(db, blobs, event.event_id, &event.watermark).await
        } else {
            Ok(None)
        }
    }

    /// The same with these settings; nothing when there is nothing to draw.
    pub(crate) async fn with(
        db: &mut Connection,
        blobs: &Blobs,
        event_id: EventId,
        watermark: &Watermark,
    ) -> Result<Option<Self>, Problem> {
        let Watermark { text, logo, corner, opacity, .. } = watermark;
        let images = if *logo { event_image::of(db, &[event_id]).await? } else { Vec::new() };
        let named = images.iter().find(|image| image.kind == Kind::Logo).map(|image| image.sha256);
        let logo = match named {
            Some(sha256) => blobs.image(&ImageKey::new(event_id, sha256)).await?,
            None => None,
        };
        if text.is_none() && logo.is_none() {
            return Ok(None);
        }
        let settings = format!("{text:?} {named:?} {corner:?} {opacity}");
        let drawing = Drawing { text: text.clone(), logo, corner: *corner, opacity: *opacity };
        Ok(Some(Self { drawing, settings: Digest::of(settings.as_bytes()) }))
    }

    /// What is drawn.
    pub(crate) fn drawing(&self) -> Drawing {
        self.drawing.clone()
    }
}

impl MarkedPhotos {
    /// The preview of a photo with the marking over it, for somebody who waits; `None` when there is no preview.
    pub(crate) async fn get(
        &self,
        blobs: &Blobs,
        event_id: EventId,
        sha256: Digest,
        marking: &Marking,
    ) -> Result<Option<Bytes>, Problem> {
        let key = (event_id, sha256, marking.settings);
        if let Some(bytes) = self.kept(key) {
            return Ok(Some(bytes));
        }
        let preview = blobs.get(&BlobKey::new(event_id, sha256, Rendition::Preview)).await?;
        let Some(preview) = preview else { return Ok(None) };
        let bytes = self.painter.mark(Some(preview), marking.drawing()).await.map_err(problem)?;
        self.keep(Kept { key, bytes: bytes.clone() });
        Ok(Some(bytes))
    }

    /// Drops what is kept of an event.
    pub fn forget_event(&self, event_id: EventId) {
        self.locked().retain(|kept| kept.key.0 != event_id);
    }

    /// Drops what is kept of events that are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_gone(&self, store: &Store) -> store::Result<()> {
        let mut events: Vec<EventId> = self.locked().iter().map(|kept| kept.key.0).collect();
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Ok(());
        }
        let existing = store::event::existing(&mut *store.begin_job().await?, &events).await?;
        self.locked().retain(|kept| existing.contains(&kept.key.0));
        Ok(())
    }

    fn kept(&self, key: (EventId, Digest, Digest)) -> Option<Bytes> {
        let mut all = self.locked();
        let place = all.iter().position(|kept| kept.key == key)?;
        let found = all.remove(place)?;
        let bytes = found.bytes.clone();
        all.push_back(found);
        Some(bytes)
    }

    fn keep(&self, made: Kept) {
        let mut all = self.locked();
        all.retain(|kept| kept.key != made.key);
        all.push_back(made);
        let mut bytes: usize = all.iter().map(|kept| kept.bytes.len()).sum();
        while bytes > KEPT_BYTES_MAX {
            let Some(oldest) = all.pop_front() else { break };
            bytes -= oldest.bytes.len();
        }
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a picture was not made, of files that are ours.
pub(crate) fn problem(error: PaintError) -> Problem {
    match error {
        PaintError::Busy(busy) => Problem::later(Code::DownloadsBusy, busy.retry_after_s),
        PaintError::Picture(error) => Problem::internal(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let marked = MarkedPhotos::default();
        let event = |n| EventId(uuid::Uuid::from_u128(n));
        let key = |n| (event(n), Digest::of(b"photo"), Digest::of(b"settings"));
        let keep = |n| marked.keep(Kept { key: key(n), bytes: vec![0; KEPT_BYTES_MAX / 2].into() });
        keep(1);
        keep(2);
        assert!(marked.kept(key(1)).is_some());
        keep(3);
        assert!(
            marked.kept(key(1)).is_some() && marked.kept(key(2)).is_none() && marked.kept(key(3)).is_some()
        );
        marked.forget_event(event(3));
        assert!(marked.kept(key(3)).is_none() && marked.kept(key(1)).is_some());
    }
}
