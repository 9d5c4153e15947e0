//! The engines that are open, by pack: opened on first use, the least recently used packs closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Packs whose engines stay open. Two are at work while an event is indexed anew; each costs up to some hundred MB.
const PACKS_MAX: usize = 2;

/// What an engine is for. The two have sessions of their own, so that neither waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lot {
    /// Reading photos.
    Photos,
    /// Reading selfies.
    Selfies,
}

/// Engines `T`, by pack and lot.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    /// The pack that was used last stands last.
    packs: Mutex<Vec<Opened<T>>>,
    /// Held by the one who opens, so that ten at once open once. Who takes what is open does not wait for it.
    opening: Mutex<()>,
}

#[derive(Debug)]
struct Opened<T> {
    pack: String,
    photos: Option<Arc<T>>,
    selfies: Option<Arc<T>>,
}

impl<T> Opened<T> {
    fn place(&mut self, lot: Lot) -> &mut Option<Arc<T>> {
        match lot {
            Lot::Photos => &mut self.photos,
            Lot::Selfies => &mut self.selfies,
        }
    }
}

impl<T> Shelf<T> {
    pub(crate) fn new() -> Self {
        Self { packs: Mutex::default(), opening: Mutex::default() }
    }

    /// The engine, opened by `open` if it is not yet. Blocks while it is opened.
    pub(crate) fn get_or_open<E>(
        &self,
        pack: &str,
        lot: Lot,
        open: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(engine) = self.get(pack, lot) {
            return Ok(engine);
        }
        let _only_one = locked(&self.opening);
        if let Some(engine) = self.get(pack, lot) {
            return Ok(engine);
        }
        let engine = Arc::new(open()?);
        self.put(pack, lot, Arc::clone(&engine));
        Ok(engine)
    }

    /// Whether an engine of the pack is open.
    pub(crate) fn has(&self, pack: &str) -> bool {
        locked(&self.packs).iter().any(|opened| opened.pack == pack)
    }

    fn get(&self, pack: &str, lot: Lot) -> Option<Arc<T>> {
        let mut packs = locked(&self.packs);
        let place = packs.iter().position(|opened| opened.pack == pack)?;
        let mut opened = packs.remove(place);
        let engine = opened.place(lot).clone();
        packs.push(opened);
        engine
    }

    fn put(&self, pack: &str, lot: Lot, engine: Arc<T>) {
        let mut packs = locked(&self.packs);
        let place = packs.iter().position(|opened| opened.pack == pack);
        let mut opened = match place {
            Some(place) => packs.remove(place),
            None => Opened { pack: pack.to_owned(), photos: None, selfies: None },
        };
        *opened.place(lot) = Some(engine);
        packs.push(opened);
        let closed = if packs.len() > PACKS_MAX { Some(packs.remove(0)) } else { None };
        // Closing takes a moment, in which others may go on.
        drop(packs);
        if let Some(closed) = closed {
            tracing::info!(pack = closed.pack, "closing the models that were not used for longest");
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn the_pack_that_was_not_used_for_longest_is_closed() {
        let (shelf, opened) = (Shelf::new(), AtomicU32::new(0));
        let get = |pack: &str, lot| {
            let open = || Ok::<_, ()>(opened.fetch_add(1, Ordering::Relaxed));
            *shelf.get_or_open(pack, lot, open).unwrap()
        };
        assert_eq!((get("a", Lot::Selfies), get("b", Lot::Photos)), (0, 1));
        assert_eq!((get("a", Lot::Photos), get("a", Lot::Selfies)), (2, 0), "each lot has its own");
        assert_eq!(get("c", Lot::Photos), 3);
        assert!(shelf.has("a") && !shelf.has("b"), "b was not used for longest");
        assert_eq!((get("a", Lot::Photos), get("b", Lot::Photos)), (2, 4));
        assert!(!shelf.has("c"));
    }

    #[test]
    fn what_cannot_be_opened_closes_nothing() {
        let shelf = Shelf::new();
        for pack in ["a", "b"] {
            shelf.get_or_open(pack, Lot::Photos, || Ok::<_, ()>(0)).unwrap();
        }
        assert_eq!(shelf.get_or_open("c", Lot::Photos, || Err("not here")), Err("not here"));
        assert!(shelf.has("a") && shelf.has("b") && !shelf.has("c"));
    }
}
