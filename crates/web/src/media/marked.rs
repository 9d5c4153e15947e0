//! What visitors get of a photo where the event has a watermark: the preview with the mark drawn over it.
//!
//! ## Why
//! - Made when it is asked for, never stored: another text or logo counts at once, and for all photos.
//! - What was made last stays in memory, since many look at the same photos at the same time. The first draws, the
//!   others wait for it.
//! - A logo that is named but not there is never left away: the photo is not handed out until it is there.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use blobs::{BlobError, BlobKey, Blobs, ImageKey};
use bytes::Bytes;
use domain::{Digest, EventId, Rendition};
use recognizer::{Busy, Drawing, Painter};
use store::event::{Event, Watermark};
use store::event_image::{self, Kind};
use store::{Connection, Store};
use tokio::time::Instant;

use super::sign::{Claim, MadeFor};
use crate::error::{Code, Problem};

/// Bytes of marked photos kept in memory: some hundred.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long somebody waits for a photo to be drawn before they are told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which copy of a photo visitors get, to look at and to keep.
pub fn visitor_rendition(event: &Event) -> Rendition {
    if event.watermark.enabled { Rendition::Marked } else { Rendition::Preview }
}

/// Which copy an address gets now: one that was made for visitors before the watermark was switched on, the marked one.
pub(crate) fn audience_rendition(event: &Event, claim: Claim) -> Rendition {
    match (claim.rendition, claim.made_for) {
        (Rendition::Preview, MadeFor::Everybody | MadeFor::Visitor(_)) => visitor_rendition(event),
        (rendition, MadeFor::Everybody | MadeFor::Visitor(_) | MadeFor::Staff) => rendition,
    }
}

/// What is drawn over the photos of an event, as the database names it.
#[derive(Clone, Debug)]
pub(crate) struct Marking {
    event_id: EventId,
    watermark: Watermark,
    /// The logo, where one is drawn.
    logo: Option<Digest>,
}

/// Why something was not drawn.
#[derive(Debug)]
pub(crate) enum Undrawn {
    /// The logo that the database names is not in the blob store.
    LogoGone,
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Undrawn {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<store::StoreError> for Undrawn {
    fn from(error: store::StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<BlobError> for Undrawn {
    fn from(error: BlobError) -> Self {
        Self::Problem(error.into())
    }
}

/// A photo with what is drawn over it: event, photo, settings.
type Key = (EventId, Digest, Digest);

/// A photo that is being drawn, held by those who wait for it.
type Flight = tokio::sync::Mutex<()>;

/// A marked photo in memory.
#[derive(Debug)]
struct Kept {
    key: Key,
    bytes: Bytes,
}

/// Draws watermarks, and keeps what was drawn last. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MarkedPhotos {
    /// Does the drawing.
    pub painter: Painter,
    /// What was used last stands last.
    kept: Arc<Mutex<VecDeque<Kept>>>,
    /// What is being drawn.
    flights: Arc<Mutex<HashMap<Key, Weak<Flight>>>>,
}

impl Marking {
    /// What is drawn over the photos of `event`; nothing when its watermark is off or empty. No bytes are read.
    pub(crate) async fn named(db: &mut Connection, event: &Event) -> Result<Option<Self>, Problem> {
        if event.watermark.enabled {
            Self::with(db, event.event_id, &event.watermark).await
        } else {
            Ok(None)
        }
    }

    /// The same with these settings; nothing when there is nothing to draw.
    pub(crate) async fn with(
        db: &mut Connection,
        event_id: EventId,
        watermark: &Watermark,
    ) -> Result<Option<Self>, Problem> {
        let images = if watermark.logo { event_image::of(db, &[event_id]).await? } else { Vec::new() };
        let logo = images.iter().find(|image| image.kind == Kind::Logo).map(|image| image.sha256);
        let is_empty = watermark.text.is_none() && logo.is_none();
        Ok((!is_empty).then(|| Self { event_id, watermark: watermark.clone(), logo }))
    }

    /// What is drawn, with the bytes of the logo. No connection to the database should be held meanwhile.
    ///
    /// # Errors
    /// When a logo is named that is not there, also not by another name.
    pub(crate) async fn drawing(&self, store: &Store, blobs: &Blobs) -> Result<Drawing, Problem> {
        match self.fetch(blobs).await {
            Ok(drawing) => Ok(drawing),
            Err(Undrawn::Problem(problem)) => Err(problem),
            Err(Undrawn::LogoGone) => Ok(self.again(store).await?.fetch(blobs).await?),
        }
    }

    /// The same settings with the logo that the event has now: another may have taken its place a moment ago.
    async fn again(&self, store: &Store) -> Result<Self, Undrawn> {
        let mut tx = store.begin().await?;
        let again = Self::with(&mut tx, self.event_id, &self.watermark).await?;
        again.filter(|again| again.logo != self.logo).ok_or(Undrawn::LogoGone)
    }

    async fn fetch(&self, blobs: &Blobs) -> Result<Drawing, Undrawn> {
        let Watermark { text, corner, opacity, .. } = &self.watermark;
        let logo = match self.logo {
            Some(sha256) => {
                let bytes = blobs.image(&ImageKey::new(self.event_id, sha256)).await?;
                Some(bytes.ok_or(Undrawn::LogoGone)?)
            }
            None => None,
        };
        Ok(Drawing { text: text.clone(), logo, corner: *corner, opacity: *opacity })
    }

    /// Tells apart what was drawn with other settings.
    fn settings(&self) -> Digest {
        let Self { watermark: Watermark { text, corner, opacity, .. }, logo, .. } = self;
        Digest::of(format!("{text:?} {logo:?} {corner:?} {opacity}").as_bytes())
    }
}

impl MarkedPhotos {
    /// The preview of a photo with the marking over it, for somebody who waits; `None` when there is no preview.
    ///
    /// # Errors
    /// When a logo is named that is not there, also not by another name; when it takes too long.
    pub(crate) async fn get(
        &self,
        store: &Store,
        blobs: &Blobs,
        sha256: Digest,
        marking: &Marking,
    ) -> Result<Option<Bytes>, Problem> {
        let until = Instant::now() + PATIENCE;
        match self.drawn(blobs, sha256, marking, until).await {
            Ok(bytes) => Ok(bytes),
            Err(Undrawn::Problem(problem)) => Err(problem),
            Err(Undrawn::LogoGone) => {
                let again = marking.again(store).await?;
                Ok(self.drawn(blobs, sha256, &again, until).await?)
            }
        }
    }

    async fn drawn(
        &self,
        blobs: &Blobs,
        sha256: Digest,
        marking: &Marking,
        until: Instant,
    ) -> Result<Option<Bytes>, Undrawn> {
        let key = (marking.event_id, sha256, marking.settings());
        if let Some(bytes) = self.kept(key) {
            return Ok(Some(bytes));
        }
        let flight = self.flight(key);
        let _first = tokio::time::timeout_at(until, flight.lock()).await.map_err(|_| busy(5))?;
        if let Some(bytes) = self.kept(key) {
            return Ok(Some(bytes));
        }
        let place = self.painter.place(until).await.map_err(|Busy { retry_after_s }| busy(retry_after_s))?;
        let preview = blobs.get(&BlobKey::new(marking.event_id, sha256, Rendition::Preview)).await?;
        let Some(preview) = preview else { return Ok(None) };
        let drawing = marking.fetch(blobs).await?;
        let bytes = place.mark(Some(preview), drawing).await.map_err(|error| Problem::internal(&error))?;
        self.keep(Kept { key, bytes: bytes.clone() });
        Ok(Some(bytes))
    }

    /// What those who want the same photo wait for together.
    fn flight(&self, key: Key) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::default();
        flights.insert(key, Arc::downgrade(&flight));
        flight
    }

    /// A plain grey picture or `preview` with `drawing` over it, kept nowhere: for somebody who is choosing.
    pub(crate) async fn try_out(&self, preview: Option<Bytes>, drawing: Drawing) -> Result<Bytes, Problem> {
        let place = self.painter.place(Instant::now() + PATIENCE).await;
        let place = place.map_err(|Busy { retry_after_s }| busy(retry_after_s))?;
        place.mark(preview, drawing).await.map_err(|error| Problem::internal(&error))
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

    fn kept(&self, key: Key) -> Option<Bytes> {
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

fn busy(retry_after_s: u32) -> Problem {
    Problem::later(Code::DownloadsBusy, retry_after_s)
}

impl From<Undrawn> for Problem {
    fn from(undrawn: Undrawn) -> Self {
        match undrawn {
            Undrawn::Problem(problem) => problem,
            Undrawn::LogoGone => {
                tracing::error!("the logo of a watermark is not in the store: its photos are held back");
                Code::Unavailable.into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use blobs::Settings;
    use domain::Corner;
    use futures::future::join_all;

    use super::*;

    /// A store of previews of `photos`, and a marking without a logo.
    async fn previews(marked: &MarkedPhotos, photos: &[Digest]) -> (Blobs, Marking) {
        let blobs = Blobs::open(&Settings::Memory).unwrap();
        let event_id = EventId(uuid::Uuid::from_u128(1));
        let text = Some("Gala".to_owned());
        let watermark =
            Watermark { enabled: true, text, logo: false, corner: Corner::BottomRight, opacity: 0.5 };
        let marking = Marking { event_id, watermark, logo: None };
        let nothing = Drawing { text: None, logo: None, corner: Corner::BottomRight, opacity: 0.5 };
        let grey = marked.try_out(None, nothing).await.unwrap();
        for photo in photos {
            blobs.put(&BlobKey::new(event_id, *photo, Rendition::Preview), grey.clone()).await.unwrap();
        }
        (blobs, marking)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test]
    async fn who_wants_the_same_photo_waits_for_the_first_to_draw_it() {
        let (marked, photo) = (MarkedPhotos::default(), Digest::of(b"photo"));
        let (blobs, marking) = previews(&marked, &[photo]).await;
        let all = join_all((0..300).map(|_| marked.drawn(&blobs, photo, &marking, soon()))).await;
        let all: Vec<Bytes> = all.into_iter().map(|drawn| drawn.unwrap().unwrap()).collect();
        // Who draws for themselves gets bytes of their own.
        assert!(all.iter().all(|bytes| bytes.as_ptr() == all[0].as_ptr()), "drawn once");
        assert_eq!(marked.locked().len(), 1);
    }

    #[tokio::test]
    async fn more_photos_than_may_be_in_memory_wait_for_their_turn() {
        let marked = MarkedPhotos::default();
        let photos: Vec<Digest> = (0..70_u8).map(|n| Digest::of(&[n])).collect();
        let (blobs, marking) = previews(&marked, &photos).await;
        let places: Vec<_> = join_all((0..66).map(|_| marked.painter.place(Instant::now()))).await;
        assert!(places.iter().all(Result::is_ok) && marked.painter.place(Instant::now()).await.is_err());
        let later = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(places);
        };
        let (drawn, ()) = tokio::join!(marked.drawn(&blobs, photos[0], &marking, soon()), later);
        assert!(drawn.unwrap().is_some());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let (marked, photo) = (MarkedPhotos::default(), Digest::of(b"photo"));
        let (blobs, marking) = previews(&marked, &[photo]).await;
        let _places = join_all((0..66).map(|_| marked.painter.place(Instant::now()))).await;
        let until = Instant::now() + Duration::from_millis(50);
        let all = join_all((0..30).map(|_| marked.drawn(&blobs, photo, &marking, until)));
        let all = tokio::time::timeout(Duration::from_secs(10), all).await.expect("told to come back");
        for drawn in all {
            let Err(Undrawn::Problem(problem)) = drawn else { panic!("{drawn:?}") };
            assert_eq!(problem.code(), Code::DownloadsBusy);
        }
    }

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
