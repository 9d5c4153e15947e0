//! `cargo bench -p engine --bench stages`: where the time of one photo goes, on one thread, beside the bare kernels
//! that nobody goes below with these models: libjpeg-turbo decodes and encodes, ONNX Runtime runs on tensors that lie ready,
//! as often and in batches as large. Both sides take turns photo by photo. Then selfies of 12 megapixels. Names of sets (`2mp`,
//! `12mp`, `24mp`, `crowd`, `selfies`) choose; `ingest DIR OUT` instead indexes a folder on all cores, writes the renditions and
//! prints one JSON line for `peers/run.py`: the engine beside the peers, without a database.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

#[path = "peers/photos.rs"]
mod photos;
#[path = "peers/python.rs"]
mod python;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::{Engine, EngineOptions, IndexedPhoto, OnnxRuntime, Packs, Stages};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

/// Rounds over each set; each stage of a photo counts with its fastest.
const ROUNDS: usize = 3;
/// Photos taken of each set, evenly.
const PHOTOS: usize = 12;
/// Faces that go through the recogniser at once, in the engine and here.
const BATCH: usize = 4;
const DETECT_LONG_SIDE_PX: u32 = 640;
const CROP_SIDE_PX: usize = 112;
const JPEG_QUALITY: i32 = 82;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let shared = from_environment("FINDME_SHARED", &root.join("../shared"));
    let library =
        from_environment("ORT_DYLIB_PATH", &root.join(".cache/onnxruntime/1.31.1/libonnxruntime.so"));
    let runtime = OnnxRuntime::load(&library).expect("ONNX Runtime");
    let packs = Packs::parse(include_str!("../models/models.toml")).expect("the packs");
    let pack = packs.get("open").expect("the default pack");
    let open = |options| Engine::open(&runtime, pack, &shared.join("models"), options).expect("the models");
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let [command, photos, out] = &chosen[..]
        && command == "ingest"
    {
        return ingest(&open(EngineOptions::default()), Path::new(photos), Path::new(out));
    }
    let made = photos::made(&root, &shared);
    let engine = open(EngineOptions { threads: 1, ..EngineOptions::default() });
    let mut floor = Floor::open(&runtime, &shared.join("models"));
    println!("one thread, the fastest of {ROUNDS} rounds for each stage of a photo, means over the photos\n");
    let is_chosen = |set: &str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == set);
    for set in ["2mp", "12mp", "24mp", "crowd"].into_iter().filter(|set| is_chosen(set)) {
        stages_of(&engine, &mut floor, set, &files(&made.join(set), PHOTOS));
    }
    if is_chosen("selfies") {
        selfies(&engine, &files(&made.join("selfies"), PHOTOS));
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench is told its files by the environment")]
fn from_environment(variable: &str, default: &Path) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| default.to_owned(), PathBuf::from)
}

fn files(folder: &Path, most: usize) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    let step = files.len().div_ceil(most).max(1);
    files.into_iter().step_by(step).collect()
}

/// Photos that the engine is given at once, as by `findme import`.
const PHOTOS_AT_ONCE: usize = 8;

fn ingest(engine: &Engine, photos: &Path, out: &Path) {
    std::fs::create_dir_all(out).expect("a folder");
    let photos = files(photos, usize::MAX);
    let read = |path: &PathBuf| std::fs::read(path).expect("a photo");
    let few: Vec<Vec<u8>> = photos.iter().take(PHOTOS_AT_ONCE).map(read).collect();
    engine.index(&few.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let began = Instant::now();
    let mut faces = 0;
    for photos in photos.chunks(PHOTOS_AT_ONCE) {
        let bytes: Vec<Vec<u8>> = photos.iter().map(read).collect();
        let indexed = engine.index(&bytes.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (path, photo) in photos.iter().zip(indexed) {
            let photo = photo.expect("a readable photo");
            faces += photo.faces.len();
            let name = path.file_name().expect("a file's name").to_string_lossy();
            std::fs::write(out.join(format!("{name}.preview.jpg")), &photo.preview).expect("our folder");
            std::fs::write(out.join(format!("{name}.thumb.jpg")), &photo.thumb).expect("our folder");
        }
    }
    let (photos, seconds) = (photos.len(), began.elapsed().as_secs_f64());
    println!(r#"{{"photos": {photos}, "faces": {faces}, "seconds": {seconds:.3}}}"#);
}

/// What one photo took, and what the kernels alone take for the same.
#[derive(Clone, Copy, Default)]
struct Took {
    read: Duration,
    whole: Duration,
    stages: Stages,
    store: Duration,
    floor: Stages,
}

impl Took {
    /// The shorter of both, stage by stage.
    fn least(&self, other: &Self) -> Self {
        let stages = |a: &Stages, b: &Stages| Stages {
            decode: a.decode.min(b.decode),
            detect: a.detect.min(b.detect),
            align: a.align.min(b.align),
            embed: a.embed.min(b.embed),
            render: a.render.min(b.render),
            private_parts: a.private_parts.min(b.private_parts),
        };
        Self {
            read: self.read.min(other.read),
            whole: self.whole.min(other.whole),
            stages: stages(&self.stages, &other.stages),
            store: self.store.min(other.store),
            floor: stages(&self.floor, &other.floor),
        }
    }
}

fn stages_of(engine: &Engine, floor: &mut Floor, set: &str, photos: &[PathBuf]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut fastest: Vec<Option<Took>> = vec![None; photos.len()];
    let mut faces = 0;
    for _ in 0..ROUNDS {
        faces = 0;
        for (path, fastest) in photos.iter().zip(&mut fastest) {
            let (took, photo) = one(engine, floor, path, folder.path());
            faces += photo.faces.len();
            *fastest = Some(fastest.map_or(took, |fastest| took.least(&fastest)));
        }
    }
    table(set, faces, &fastest.into_iter().flatten().collect::<Vec<_>>());
}

fn one(engine: &Engine, floor: &mut Floor, path: &Path, folder: &Path) -> (Took, IndexedPhoto) {
    let mut took = Took::default();
    let bytes = timed(&mut took.read, || std::fs::read(path).expect("a photo"));
    let photo = timed(&mut took.whole, || engine.index(&[&bytes]).pop().expect("one outcome"));
    let photo = photo.expect("a readable photo");
    took.stages = photo.stages;
    timed(&mut took.store, || {
        for (name, bytes) in [("original", &bytes), ("preview", &photo.preview), ("thumb", &photo.thumb)] {
            let mut file = File::create(folder.join(name)).expect("our folder");
            file.write_all(bytes).and_then(|()| file.sync_all()).expect("room on the disk");
        }
    });
    took.floor = floor.of(&bytes, &photo);
    (took, photo)
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    *total += began.elapsed();
    done
}

fn table(set: &str, faces: usize, photos: &[Took]) {
    let count = u32::try_from(photos.len()).expect("few photos");
    let mean = |of: &dyn Fn(&Took) -> Duration| {
        photos.iter().map(of).sum::<Duration>().as_secs_f64() * 1e3 / f64::from(count)
    };
    let whole = mean(&|took| took.read + took.whole + took.store);
    let faces = f64::from(u32::try_from(faces).expect("few faces")) / f64::from(count);
    println!("### {set}: {count} photos, {faces:.1} faces a photo\n");
    println!("| stage | ms | share | bare kernel ms | kernel / ours |\n|---|---|---|---|---|");
    let line = |stage: &str, ms: f64, floor: Option<f64>| {
        let beside =
            floor.map_or(" | ".to_owned(), |floor| format!("{floor:.1} | {:.0} %", floor / ms * 100.0));
        println!("| {stage} | {ms:.1} | {:.0} % | {beside} |", ms / whole * 100.0);
    };
    line("read the file", mean(&|took| took.read), None);
    let (decode, detect) = (mean(&|took| took.floor.decode), mean(&|took| took.floor.detect));
    let (embed, render) = (mean(&|took| took.floor.embed), mean(&|took| took.floor.render));
    line("decode", mean(&|took| took.stages.decode), Some(decode));
    line("detect", mean(&|took| took.stages.detect), Some(detect));
    line("align", mean(&|took| took.stages.align), None);
    line("embed", mean(&|took| took.stages.embed), Some(embed));
    line("renditions", mean(&|took| took.stages.render), Some(render));
    line("private parts", mean(&|took| took.stages.private_parts), None);
    line("store (synced)", mean(&|took| took.store), None);
    line("**the engine's whole**", mean(&|took| took.whole), Some(decode + detect + embed + render));
    line("**whole**", whole, None);
    println!();
}

/// The kernels alone.
struct Floor {
    detector: Session,
    recogniser: Session,
    decompressor: Decompressor,
    compressor: Compressor,
    /// Memory for inputs and pixels, kept.
    numbers: Vec<f32>,
    pixels: Vec<u8>,
}

impl Floor {
    fn open(runtime: &OnnxRuntime, models: &Path) -> Self {
        let mut compressor = Compressor::new().expect("a compressor");
        compressor
            .set_quality(JPEG_QUALITY)
            .and_then(|()| compressor.set_subsamp(Subsamp::Sub2x2))
            .expect("valid");
        Self {
            detector: session(runtime, &models.join("yunet_n_dynamic.onnx")),
            recogniser: session(runtime, &models.join("espdl_mbf_fast.onnx")),
            decompressor: Decompressor::new().expect("a decompressor"),
            compressor,
            numbers: vec![0.0; 3 * 1024 * 1024],
            pixels: Vec::new(),
        }
    }

    /// What they take for what was done to `photo`.
    fn of(&mut self, bytes: &[u8], photo: &IndexedPhoto) -> Stages {
        let mut took = Stages::default();
        self.decode(bytes, &mut took.decode);
        let side = |side: u32| {
            let long_side = u64::from(photo.width_px.max(photo.height_px));
            let scaled = (u64::from(side) * u64::from(DETECT_LONG_SIDE_PX)).div_ceil(long_side);
            usize::try_from(scaled).expect("small").next_multiple_of(32)
        };
        let shape = [1, 3, side(photo.height_px), side(photo.width_px)];
        timed(&mut took.detect, || run(&mut self.detector, shape, &self.numbers));
        let mut faces = photo.faces.len();
        while faces > 0 {
            let batch = faces.min(BATCH);
            let shape = [batch, 3, CROP_SIDE_PX, CROP_SIDE_PX];
            timed(&mut took.embed, || run(&mut self.recogniser, shape, &self.numbers));
            faces -= batch;
        }
        for jpeg in [&photo.preview, &photo.thumb] {
            let image = turbojpeg::decompress(jpeg, PixelFormat::RGB).expect("our own JPEG");
            let image = image.as_deref();
            timed(&mut took.render, || self.compressor.compress_to_vec(image).expect("a JPEG"));
        }
        took
    }

    /// At the engine's scale: the smallest that leaves 1920 pixels.
    fn decode(&mut self, bytes: &[u8], took: &mut Duration) {
        let header = self.decompressor.read_header(bytes).expect("a JPEG");
        let long_side = header.width.max(header.height);
        let scales = [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF];
        let scale =
            scales.into_iter().find(|scale| scale.scale(long_side) >= 1920).unwrap_or(ScalingFactor::ONE);
        let (width, height) = (scale.scale(header.width), scale.scale(header.height));
        self.pixels.resize(width * height * 3, 0);
        let pixels = &mut self.pixels[..];
        let image = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
        let decompressor = &mut self.decompressor;
        timed(took, || {
            decompressor
                .set_scaling_factor(scale)
                .and_then(|()| decompressor.decompress(bytes, image))
                .expect("a JPEG");
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the floor is ONNX Runtime without the engine around it")]
fn session(runtime: &OnnxRuntime, model: &Path) -> Session {
    let open = || -> Result<Session, ort::Error> {
        let builder = Session::builder(runtime.environment())?;
        let builder = builder.with_optimization_level(GraphOptimizationLevel::All)?.with_intra_threads(1)?;
        builder.with_inter_threads(1)?.commit_from_file(model)
    };
    open().expect("the model")
}

fn run(session: &mut Session, shape: [usize; 4], numbers: &[f32]) {
    let numbers = &numbers[..shape.iter().product()];
    let tensor = TensorRef::from_array_view((shape, numbers)).expect("a tensor");
    session.run(ort::inputs![tensor]).expect("the model runs");
}

/// From the file's bytes to what is searched for: the engine's part of a selfie.
fn selfies(engine: &Engine, files: &[PathBuf]) {
    let mut milliseconds = Vec::new();
    let mut refused = 0;
    for path in files {
        let bytes = std::fs::read(path).expect("a selfie");
        let runs = (0..ROUNDS).map(|_| {
            let mut took = Duration::ZERO;
            let selfie = timed(&mut took, || engine.selfie(&bytes));
            (took, selfie.is_err())
        });
        let (took, is_refused) = runs.min().expect("a round");
        refused += usize::from(is_refused);
        milliseconds.push(took.as_secs_f64() * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    let at = |percent: usize| milliseconds[(milliseconds.len() - 1) * percent / 100];
    println!("### selfies of 12 megapixels: {} files, {refused} refused\n", files.len());
    println!("engine only: p50 {:.1} ms, p95 {:.1} ms", at(50), at(95));
}
