//! The models on this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Embedding, GallerySource, Thresholds};
use engine::{Engine, EngineOptions, IndexedPhoto, OnnxRuntime, OpenError, Pack, Packs, Person, PhotoError};
use tokio::time::Instant;

use crate::galleries::Galleries;
use crate::lane::{Lane, Ticket};
use crate::shelf::{Lot, Shelf};
use crate::{FindError, Found, GalleryVersion, Known, PackRefused, Timing, photos_of};

/// How the local models are run.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// The ONNX Runtime library.
    pub onnx_runtime: PathBuf,
    /// Where the model files are.
    pub models_folder: PathBuf,
    /// Threads that read photos.
    pub ingest_threads: usize,
    /// Threads that read selfies.
    pub selfie_threads: usize,
    /// Selfies that may wait; further ones are told to come back.
    pub selfies_waiting_max: usize,
    /// Whether packs may be used whose licence does not allow commercial use.
    pub allow_research_models: bool,
}

/// How much the threads that read photos give way to those that read selfies (Linux niceness).
const INGEST_NICENESS: i32 = 10;
/// Batches read at once: the second fills the gaps of the first.
const BATCHES_AT_ONCE: usize = 2;
/// Searches that may wait to be asked again; each takes a few milliseconds.
const AGAIN_WAITING_MAX: usize = 512;

/// The models on this machine, in three lanes.
#[derive(Debug)]
pub struct Local {
    /// The pack for new events.
    pack: String,
    engines: Arc<Engines>,
    galleries: Galleries,
    selfie_lane: Lane,
    again_lane: Lane,
    ingest_lane: Lane,
}

/// What opens engines, and those that are open.
#[derive(Debug)]
struct Engines {
    runtime: OnnxRuntime,
    packs: Packs,
    options: LocalOptions,
    shelf: Shelf<Engine>,
}

impl Local {
    /// Loads the models of the pack called `pack`, which is the one for new events; others of `packs` are loaded when
    /// they are first needed. Blocks for about a second.
    ///
    /// # Errors
    /// When ONNX Runtime or a model cannot be loaded, or the pack may not be used.
    pub fn open(
        packs: Packs,
        pack: &str,
        options: LocalOptions,
        source: Arc<dyn GallerySource>,
    ) -> Result<Self, LocalError> {
        let runtime = OnnxRuntime::load(&options.onnx_runtime)?;
        let selfie_lane = Lane::new(options.selfie_threads, options.selfies_waiting_max);
        let again_lane = Lane::new(options.selfie_threads, AGAIN_WAITING_MAX);
        let ingest_lane = Lane::new(BATCHES_AT_ONCE, 0);
        let engines = Engines { runtime, packs, options, shelf: Shelf::new() };
        engines.get(pack, Lot::Selfies)?;
        Ok(Self {
            pack: pack.to_owned(),
            engines: Arc::new(engines),
            galleries: Galleries::new(source),
            selfie_lane,
            again_lane,
            ingest_lane,
        })
    }

    /// Loads what reads photos with the pack now, instead of when the first photo comes. Blocks for about a second.
    ///
    /// # Errors
    /// When the pack cannot be used here.
    pub fn open_ingest(&self, pack: &str) -> Result<(), PackRefused> {
        self.engines.get(pack, Lot::Photos).map(|_| ())
    }

    pub(crate) fn check_pack(&self, pack: &str) -> Result<(), PackRefused> {
        self.engines.check(pack)
    }

    pub(crate) fn thresholds(&self, pack: &str) -> Result<Thresholds, PackRefused> {
        self.engines.pack(pack).map(|pack| pack.thresholds)
    }

    pub(crate) async fn index(
        &self,
        pack: &str,
        photos: Vec<Bytes>,
    ) -> Result<Vec<Result<IndexedPhoto, PhotoError>>, PackRefused> {
        let ticket = self.ingest_lane.wait_for_place().await;
        let (engines, pack) = (Arc::clone(&self.engines), pack.to_owned());
        let work = move || {
            let engine = engines.get(&pack, Lot::Photos)?;
            let bytes: Vec<&[u8]> = photos.iter().map(Bytes::as_ref).collect();
            Ok(engine.index(&bytes))
        };
        ticket.run(work).await.value
    }

    pub(crate) async fn private_parts(&self, photo: Bytes) -> Option<Vec<u8>> {
        let ticket = self.ingest_lane.wait_for_place().await;
        let work = move || engine::privacy::private_parts(&photo).ok().map(|patches| patches.to_bytes());
        ticket.run(work).await.value
    }

    pub(crate) async fn find(
        &self,
        wanted: &GalleryVersion,
        selfie: Bytes,
        known: &Known,
    ) -> Result<Found, FindError> {
        let ticket = self.selfie_lane.admit()?;
        let (engines, pack) = (Arc::clone(&self.engines), wanted.pack.clone());
        let embedded = ticket
            .run(move || {
                let engine = engines.get(&pack, Lot::Selfies)?;
                let selfie = engine.selfie(&selfie)?;
                Ok::<_, FindError>((engine, selfie))
            })
            .await;
        let (engine, selfie) = embedded.value?;
        let embedding = known.added(selfie.embedding, engine.thresholds())?;
        let found = self.search(&ticket, engine, wanted, known.person(embedding)).await?;
        let Timing { queue, search, .. } = found.timing;
        let timing = Timing { queue: embedded.queue + queue, embed: embedded.work, search };
        Ok(Found { timing, ..found })
    }

    pub(crate) async fn find_again(
        &self,
        wanted: &GalleryVersion,
        embedding: &Embedding,
        known: &Known,
    ) -> Result<Found, FindError> {
        let ticket = self.again_lane.admit()?;
        let (engines, pack) = (Arc::clone(&self.engines), wanted.pack.clone());
        let opened = ticket.run(move || engines.get(&pack, Lot::Selfies)).await;
        let engine = opened.value?;
        if embedding.dimension() != engine.dimension() {
            return Err(FindError::Outdated);
        }
        let found = self.search(&ticket, engine, wanted, known.person(embedding.clone())).await?;
        let timing = Timing { queue: opened.queue + found.timing.queue, ..found.timing };
        Ok(Found { timing, ..found })
    }

    /// Brings the gallery up to date and compares.
    async fn search(
        &self,
        ticket: &Ticket,
        engine: Arc<Engine>,
        wanted: &GalleryVersion,
        person: Person,
    ) -> Result<Found, FindError> {
        let began = Instant::now();
        let loaded = self.galleries.current(wanted, engine.dimension()).await?;
        let searched = ticket
            .run(move || {
                let hits = engine.find(&loaded.gallery, &person);
                (photos_of(&hits), loaded.gallery.len(), person.selfie)
            })
            .await;
        let (matches, faces_searched, embedding) = searched.value;
        let search = began.elapsed().saturating_sub(searched.queue);
        let timing = Timing { queue: searched.queue, embed: Duration::ZERO, search };
        Ok(Found { embedding: Some(embedding), matches, faces_searched, timing })
    }

    pub(crate) fn galleries(&self) -> &Galleries {
        &self.galleries
    }

    pub(crate) fn pack_name(&self) -> &str {
        &self.pack
    }
}

/// Why the local models cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// ONNX Runtime cannot be loaded.
    #[error(transparent)]
    Runtime(#[from] OpenError),
    /// The pack for new events cannot be used.
    #[error(transparent)]
    Pack(#[from] PackRefused),
}

impl Engines {
    /// The pack, if this process can work with it by all that can be told without opening it.
    fn pack(&self, name: &str) -> Result<&Pack, PackRefused> {
        let named = || name.to_owned();
        let pack = self.packs.get(name).ok_or_else(|| PackRefused::Unknown { pack: named() })?;
        if !pack.commercial_use && !self.options.allow_research_models {
            return Err(PackRefused::NotAllowed { pack: named() });
        }
        Ok(pack)
    }

    fn check(&self, name: &str) -> Result<(), PackRefused> {
        let pack = self.pack(name)?;
        if self.shelf.has(name) {
            return Ok(());
        }
        for file in pack.files() {
            let path = self.options.models_folder.join(&file.file_name);
            if !path.is_file() {
                let reason = format!("{} is missing", path.display());
                return Err(PackRefused::Missing { pack: name.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// The engine; blocks for about a second when it has to be opened.
    fn get(&self, name: &str, lot: Lot) -> Result<Arc<Engine>, PackRefused> {
        let pack = self.pack(name)?;
        self.shelf.get_or_open(name, lot, || {
            let chosen = EngineOptions::default();
            let options = match lot {
                Lot::Photos => EngineOptions {
                    threads: self.options.ingest_threads,
                    niceness: INGEST_NICENESS,
                    ..chosen
                },
                Lot::Selfies => EngineOptions { threads: self.options.selfie_threads, ..chosen },
            };
            Engine::open(&self.runtime, pack, &self.options.models_folder, options)
                .map_err(|error| PackRefused::Missing { pack: name.to_owned(), reason: error.to_string() })
        })
    }
}
