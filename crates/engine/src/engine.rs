//! The engine: a thread pool, and on each of its threads a workbench with its own sessions.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::{Embedding, Score, Thresholds};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::faces::decode::Room;
use crate::faces::detect::FaceDetector;
use crate::faces::embed::FaceRecogniser;
use crate::faces::onnx::{ModelBytes, OnnxRuntime};
use crate::gallery::kernel::Kernel;
use crate::gallery::people::{self, Person, PersonHit};
use crate::gallery::{FaceHit, Gallery};
use crate::pack::{Pack, Recogniser};
use crate::picture::Resizer;
use crate::{OpenError, PhotoError};

/// What can be chosen about an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Compute threads. Each has its own sessions: with the default pack 30 to 35 MB when opened, and 100 to 150 MB in all
    /// once it has worked on large photos, since the allocator keeps what they took. At least one.
    pub threads: usize,
    /// Linux niceness of these threads, 0 to 19: higher ones leave the processor to others. Where the system refuses,
    /// the threads run as they are.
    pub niceness: i32,
    /// Longer side of the detector's input: at 640, faces down to about 1/60 of the photo's longer side are found.
    /// Doubling it halves that and costs four times as much. Kept within 64 to 4096.
    pub detect_long_side_px: u32,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, niceness: 0, detect_long_side_px: 640 }
    }
}

/// The models of one pack on a thread pool of their own.
///
/// All methods block, may be called from several threads at once, and must not be called on an async thread.
pub struct Engine {
    pool: ThreadPool,
    benches: Vec<Mutex<Bench>>,
    pub(crate) room: Room,
    pub(crate) recogniser: Recogniser,
    thresholds: Thresholds,
    pub(crate) detect_long_side_px: u32,
}

/// What one thread works with. Memory is kept between photos.
pub(crate) struct Bench {
    pub(crate) detector: FaceDetector,
    pub(crate) recogniser: FaceRecogniser,
    pub(crate) resizer: Resizer,
}

impl Engine {
    /// Opens the models of `pack`, which lie in `models_folder`, and starts the threads.
    ///
    /// # Errors
    /// When a model is missing, is not the one that the pack names, or does not run; when threads cannot start.
    pub fn open(
        runtime: &OnnxRuntime,
        pack: &Pack,
        models_folder: &Path,
        options: EngineOptions,
    ) -> Result<Self, OpenError> {
        let threads = options.threads.max(1);
        let detector = ModelBytes::read(models_folder, &pack.detector.file)?;
        let recogniser = ModelBytes::read(models_folder, &pack.recogniser.file)?;
        let open_bench = || {
            let bench = Bench {
                detector: FaceDetector::open(runtime, &detector, &pack.detector)?,
                recogniser: FaceRecogniser::open(runtime, &recogniser, &pack.recogniser)?,
                resizer: Resizer::default(),
            };
            Ok(Mutex::new(bench))
        };
        let benches = (0..threads).map(|_| open_bench()).collect::<Result<_, OpenError>>()?;
        let pool = start_threads(threads, options.niceness)?;
        let (recogniser, thresholds) = (pack.recogniser.clone(), pack.thresholds);
        let detect_long_side_px = options.detect_long_side_px.clamp(64, 4096);
        Ok(Self { pool, benches, room: Room::default(), recogniser, thresholds, detect_long_side_px })
    }

    /// How many numbers its embeddings have.
    pub fn dimension(&self) -> usize {
        self.recogniser.dimension
    }

    /// The bands of its pack.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// How many threads it computes on.
    pub fn threads(&self) -> usize {
        self.benches.len()
    }

    /// The name of the search kernel this processor gets: `plain` or `avx2`.
    pub fn search_kernel(&self) -> &'static str {
        Kernel::fastest().name()
    }

    /// Every face of `gallery` that scores at least `least` against `query`, best first, on all threads.
    pub fn search(&self, gallery: &Gallery, query: &Embedding, least: Score) -> Vec<FaceHit> {
        self.pool.install(|| gallery.search(query, least))
    }

    /// Every photo of `gallery` that shows the person, best first, by the bands of the engine's pack, on all threads.
    pub fn find(&self, gallery: &Gallery, person: &Person) -> Vec<PersonHit> {
        self.pool.install(|| people::search(gallery, person, self.thresholds))
    }

    /// Runs `work` on the engine's threads and waits for it.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Lends the calling thread's workbench. Only one task at a time runs on a thread, so nobody waits here; `work` must
    /// not use rayon, which could start another task on this thread while the bench is taken.
    pub(crate) fn with_bench<T>(
        &self,
        work: impl FnOnce(&mut Bench) -> Result<T, PhotoError>,
    ) -> Result<T, PhotoError> {
        let thread = self.pool.current_thread_index();
        let bench = thread.and_then(|thread| self.benches.get(thread));
        let bench = bench.ok_or_else(|| PhotoError::internal("called outside the engine's threads"))?;
        work(&mut bench.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

fn start_threads(threads: usize, niceness: i32) -> Result<ThreadPool, OpenError> {
    let builder = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("engine-{index}"))
        .start_handler(move |_| be_nice(niceness));
    builder.build().map_err(|error| OpenError::Threads(error.to_string()))
}

/// Sets the calling thread's niceness. On Linux it belongs to the thread; process 0 means the caller.
fn be_nice(niceness: i32) {
    if niceness != 0 {
        // A refusal costs fairness, not correctness.
        let _refused = rustix::process::setpriority_process(None, niceness.clamp(-20, 19));
    }
}

/// Runs `work` and turns a panic, which a decoder may hide behind some damaged file, into an error.
pub(crate) fn fenced<T, E: From<PhotoError>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    outcome.unwrap_or_else(|_| Err(PhotoError::internal("a stage panicked").into()))
}
