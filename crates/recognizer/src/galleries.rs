//! The galleries in memory, each brought up to date by version before it is searched.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{EventId, GalleryFace, GallerySource};
use engine::Gallery;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::{FindError, GalleryVersion};

/// Galleries beyond this are dropped, least recently searched first; they are loaded again when asked for.
const BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

/// All galleries of this process.
#[derive(Debug)]
pub(crate) struct Galleries {
    source: Arc<dyn GallerySource>,
    slots: Mutex<HashMap<EventId, Slot>>,
    ticks: AtomicU64,
}

#[derive(Clone, Debug)]
struct Slot {
    loaded: Arc<RwLock<Loaded>>,
    /// Held by the one who loads, so that ten searches at once load once.
    loading: Arc<tokio::sync::Mutex<()>>,
    last_used: u64,
}

/// A gallery and what it holds.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) gallery: Gallery,
    /// The pack that made its embeddings.
    pack: String,
    version: i64,
    epoch: i64,
}

impl Loaded {
    fn has(&self, wanted: &GalleryVersion) -> bool {
        self.pack == wanted.pack && self.epoch >= wanted.epoch && self.version >= wanted.version
    }
}

impl Galleries {
    pub(crate) fn new(source: Arc<dyn GallerySource>) -> Self {
        Self { source, slots: Mutex::default(), ticks: AtomicU64::new(0) }
    }

    /// The gallery, holding at least what `wanted` says: embeddings of `dimension` numbers, by no pack but `wanted`'s.
    pub(crate) async fn current(
        &self,
        wanted: &GalleryVersion,
        dimension: usize,
    ) -> Result<OwnedRwLockReadGuard<Loaded>, FindError> {
        let slot = self.slot(wanted, dimension);
        let loaded = Arc::clone(&slot.loaded).read_owned().await;
        if loaded.has(wanted) {
            return Ok(loaded);
        }
        drop(loaded);
        self.bring_up_to_date(&slot, wanted, dimension).await?;
        self.drop_least_recently_used(wanted.event_id);
        let loaded = slot.loaded.read_owned().await;
        // Somebody who knows a newer state may have been faster.
        if loaded.pack == wanted.pack { Ok(loaded) } else { Err(FindError::Outdated) }
    }

    /// The events whose galleries are in memory.
    pub(crate) fn events(&self) -> Vec<EventId> {
        self.lock_slots().keys().copied().collect()
    }

    /// Drops the gallery of an event.
    pub(crate) fn forget(&self, event_id: EventId) {
        self.lock_slots().remove(&event_id);
    }

    async fn bring_up_to_date(
        &self,
        slot: &Slot,
        wanted: &GalleryVersion,
        dimension: usize,
    ) -> Result<(), FindError> {
        let _only_one = slot.loading.lock().await;
        let (version, is_more) = {
            let loaded = slot.loaded.read().await;
            if loaded.has(wanted) {
                return Ok(());
            }
            if loaded.epoch > wanted.epoch {
                return Err(FindError::Outdated);
            }
            (loaded.version, loaded.epoch == wanted.epoch && loaded.pack == wanted.pack)
        };
        // After a removal, or with another pack, the whole gallery is read again; otherwise only what is new.
        let after = if is_more { version } else { 0 };
        let mut faces = Vec::new();
        let mut each = |face: GalleryFace| faces.push(face);
        self.source.faces(wanted.event_id, &wanted.pack, after, wanted.version, &mut each).await?;
        let mut loaded = slot.loaded.write().await;
        if !is_more {
            loaded.gallery = Gallery::new(dimension);
            loaded.pack.clone_from(&wanted.pack);
        }
        for face in &faces {
            if let Err(error) = loaded.gallery.append(face.face_id, face.photo_id, &face.embedding) {
                tracing::error!(%error, photo_id = %face.photo_id, "a stored embedding does not fit its pack");
            }
        }
        (loaded.version, loaded.epoch) = (wanted.version, wanted.epoch);
        Ok(())
    }

    fn slot(&self, wanted: &GalleryVersion, dimension: usize) -> Slot {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed);
        let mut slots = self.lock_slots();
        let slot = slots.entry(wanted.event_id).or_insert_with(|| Slot {
            loaded: Arc::new(RwLock::new(Loaded {
                gallery: Gallery::new(dimension),
                pack: wanted.pack.clone(),
                version: 0,
                epoch: 0,
            })),
            loading: Arc::default(),
            last_used: now,
        });
        slot.last_used = now;
        slot.clone()
    }

    fn drop_least_recently_used(&self, but: EventId) {
        let mut slots = self.lock_slots();
        // A gallery that is being changed right now is in use, so it counts as empty and stays.
        let bytes = |slot: &Slot| slot.loaded.try_read().map_or(0, |loaded| loaded.gallery.memory_bytes());
        let mut total: usize = slots.values().map(bytes).sum();
        while total > BYTES_MAX {
            let oldest = slots.iter().filter(|(id, _)| **id != but).min_by_key(|(_, slot)| slot.last_used);
            let Some(event_id) = oldest.map(|(id, _)| *id) else { return };
            total -= slots.remove(&event_id).map_or(0, |slot| bytes(&slot)).min(total);
        }
    }

    fn lock_slots(&self) -> std::sync::MutexGuard<'_, HashMap<EventId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Embedding, Entropy, FaceId, HandedOut, PhotoId};

    use super::*;

    /// One face per version and pack; counts how many were handed out.
    #[derive(Debug, Default)]
    struct OneFacePerVersion(AtomicU64);

    impl GallerySource for OneFacePerVersion {
        fn faces<'a>(
            &'a self,
            _event_id: EventId,
            pack: &'a str,
            after_version: i64,
            up_to_version: i64,
            each: &'a mut (dyn FnMut(GalleryFace) + Send),
        ) -> HandedOut<'a> {
            Box::pin(async move {
                for version in after_version + 1..=up_to_version {
                    let id = Entropy::fixed(u8::try_from(version).unwrap());
                    let numbers: &[f32] = if pack == "two" { &[1.0, 0.0] } else { &[1.0, 0.0, 0.0] };
                    let embedding = Embedding::normalised(numbers).unwrap();
                    let (face_id, photo_id) = (FaceId::from_entropy(&id), PhotoId::from_entropy(&id));
                    each(GalleryFace { face_id, photo_id, embedding });
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        }
    }

    fn wanted(pack: &str, version: i64, epoch: i64) -> GalleryVersion {
        let event_id = EventId::from_entropy(&Entropy::fixed(1));
        GalleryVersion { event_id, pack: pack.to_owned(), version, epoch }
    }

    #[tokio::test]
    async fn a_gallery_loads_only_what_is_new_and_all_after_a_removal() {
        let source = Arc::new(OneFacePerVersion::default());
        let galleries = Galleries::new(Arc::clone(&source) as _);
        let check = async |version, epoch, faces, handed_out| {
            let loaded = galleries.current(&wanted("two", version, epoch), 2).await.unwrap();
            assert_eq!(loaded.gallery.len(), faces, "faces at version {version}, epoch {epoch}");
            assert_eq!(
                source.0.load(Ordering::Relaxed),
                handed_out,
                "loaded by version {version}, epoch {epoch}"
            );
        };
        check(3, 0, 3, 3).await;
        check(3, 0, 3, 3).await; // nothing new
        check(5, 0, 5, 5).await; // two more
        check(6, 1, 6, 11).await; // a removal: all again
        let event_id = wanted("two", 0, 0).event_id;
        assert_eq!(galleries.events(), [event_id]);
        galleries.forget(event_id);
        assert!(galleries.events().is_empty());
        check(6, 1, 6, 17).await;
    }

    #[tokio::test]
    async fn another_pack_makes_another_gallery_and_who_still_wants_the_old_one_is_told() {
        let galleries = Galleries::new(Arc::new(OneFacePerVersion::default()));
        assert_eq!(galleries.current(&wanted("two", 3, 0), 2).await.unwrap().gallery.dimension(), 2);
        let loaded = galleries.current(&wanted("three", 3, 1), 3).await.unwrap();
        assert_eq!((loaded.gallery.dimension(), loaded.gallery.len()), (3, 3), "not six");
        drop(loaded);
        let late = galleries.current(&wanted("two", 3, 0), 2).await;
        assert!(matches!(late, Err(FindError::Outdated)), "{late:?}");
        assert_eq!(galleries.current(&wanted("three", 4, 1), 3).await.unwrap().gallery.len(), 4);
    }
}
