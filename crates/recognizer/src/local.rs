//! The models on this machine.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::Thresholds;
use engine::{Engine, EngineOptions, OnnxRuntime, OpenError, Pack};
use tokio::time::Instant;

use crate::galleries::Galleries;
use crate::lane::Lane;
use crate::{FindError, Found, GallerySource, GalleryVersion, Indexed, Timing, photos_of};

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
}

/// How much the threads that read photos give way to those that read selfies (Linux niceness).
const INGEST_NICENESS: i32 = 10;
/// Batches read at once: the second fills the gaps of the first.
const BATCHES_AT_ONCE: usize = 2;

/// The models on this machine, in two lanes.
#[derive(Debug)]
pub struct Local {
    runtime: OnnxRuntime,
    pack: Pack,
    options: LocalOptions,
    galleries: Galleries,
    selfie: Arc<Engine>,
    selfie_lane: Lane,
    /// Opened when the first photo comes: a process that only serves people never loads it.
    ingest: OnceLock<Arc<Engine>>,
    ingest_lane: Lane,
}

impl Local {
    /// Loads the models of `pack`. Blocks for about a second.
    ///
    /// # Errors
    /// When ONNX Runtime or a model cannot be loaded.
    pub fn open(
        pack: Pack,
        options: LocalOptions,
        source: Arc<dyn GallerySource>,
    ) -> Result<Self, OpenError> {
        let runtime = OnnxRuntime::load(&options.onnx_runtime)?;
        let engine_options = EngineOptions { threads: options.selfie_threads, ..EngineOptions::default() };
        let selfie = Engine::open(&runtime, &pack, &options.models_folder, engine_options)?;
        Ok(Self {
            galleries: Galleries::new(source, pack.recogniser.dimension),
            selfie: Arc::new(selfie),
            selfie_lane: Lane::new(options.selfie_threads, options.selfies_waiting_max),
            ingest: OnceLock::new(),
            ingest_lane: Lane::new(BATCHES_AT_ONCE, 0),
            runtime,
            pack,
            options,
        })
    }

    /// Loads what reads photos now, instead of when the first photo comes. Blocks for about a second.
    ///
    /// # Errors
    /// When a model cannot be loaded.
    pub fn open_ingest(&self) -> Result<(), OpenError> {
        if self.ingest.get().is_none() {
            let engine = self.new_ingest_engine()?;
            // If another thread was faster, its engine is as good.
            let _ = self.ingest.set(Arc::new(engine));
        }
        Ok(())
    }

    fn new_ingest_engine(&self) -> Result<Engine, OpenError> {
        let options = EngineOptions {
            threads: self.options.ingest_threads,
            niceness: INGEST_NICENESS,
            ..EngineOptions::default()
        };
        Engine::open(&self.runtime, &self.pack, &self.options.models_folder, options)
    }

    pub(crate) async fn index(&self, photos: Vec<Bytes>) -> Vec<Indexed> {
        let ticket = self.ingest_lane.wait_for_place().await;
        let engine = self.ingest.get_or_init(|| {
            Arc::new(self.new_ingest_engine().expect("the models that were loaded once load again"))
        });
        let engine = Arc::clone(engine);
        let work = move || {
            let bytes: Vec<&[u8]> = photos.iter().map(Bytes::as_ref).collect();
            engine.index(&bytes)
        };
        ticket.run(work).await.value
    }

    pub(crate) async fn find(&self, wanted: GalleryVersion, selfie: Bytes) -> Result<Found, FindError> {
        let ticket = self.selfie_lane.admit()?;
        let engine = Arc::clone(&self.selfie);
        let embedded = ticket.run(move || engine.selfie(&selfie)).await;
        let selfie = embedded.value?;
        let began = Instant::now();
        let loaded = self.galleries.current(wanted).await?;
        let (engine, thresholds) = (Arc::clone(&self.selfie), self.thresholds());
        let searched = ticket
            .run(move || {
                let least = domain::Score(thresholds.maybe);
                let hits = engine.search(&loaded.gallery, &selfie.embedding, least);
                (photos_of(hits, thresholds), loaded.gallery.len())
            })
            .await;
        let (matches, faces_searched) = searched.value;
        let queue = embedded.queue + searched.queue;
        let search = began.elapsed().saturating_sub(searched.queue);
        Ok(Found { matches, faces_searched, timing: Timing { queue, embed: embedded.work, search } })
    }

    pub(crate) fn galleries(&self) -> &Galleries {
        &self.galleries
    }

    pub(crate) fn pack_name(&self) -> &str {
        &self.pack.name
    }

    fn thresholds(&self) -> Thresholds {
        self.pack.thresholds
    }
}
