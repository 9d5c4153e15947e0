//! Changed files, thousands of them, go through everything that reads photos. Nothing panics, not even behind the engine's
//! fence; nothing hangs; memory does not grow; what is laid over an original never changes its length.
//!
//! A case is told by a seed and a number, so that every failure can be had again; its file is kept in the target folder.

mod anatomy;
mod mutate;
mod seeds;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::privacy::{Patches, private_parts};
use engine::{Engine, EngineOptions, PhotoError, SNIFF_BYTES, SelfieError, sniff};
use fastrand::Rng;

use crate::privacy::private_in;
use crate::support::{files, open};

/// Threads that read files at the same time, as the engine has.
const THREADS: u64 = 2;
/// The most computing that may go by while one file is read, on all threads; the slowest takes a second or two. It is not
/// the wall's clock that counts, because another program may keep this one waiting for minutes.
const COMPUTING_MAX: Duration = Duration::from_secs(40);
/// Where nothing is computed and nothing ends, threads wait for each other.
const WAITING_MAX: Duration = Duration::from_secs(200);
/// How much memory may grow once the first quarter of the files is through. A leak of a picture a file would be a gigabyte.
const GROWTH_MIB_MAX: u64 = 160;

/// However slow the machine, so many files are tried: always the same ones, so that what comes of them is no matter of luck.
const FILES_LEAST: u64 = 250;

#[test]
fn changed_files_are_read_or_refused() {
    let run = Run::of(Duration::from_secs(14), 0x0F1D);
    run.judge();
}

#[test]
#[ignore = "as long as one likes: FINDME_FUZZ_SECONDS=600 FINDME_FUZZ_SEED=1 cargo test -p engine --test it -- --ignored --exact fuzz::the_same_for_a_long_time --nocapture"]
fn the_same_for_a_long_time() {
    let setting = |name, default| number_of(name).unwrap_or(default);
    let run =
        Run::of(Duration::from_secs(setting("FINDME_FUZZ_SECONDS", 600)), setting("FINDME_FUZZ_SEED", 1));
    run.judge();
}

#[test]
#[ignore = "what earlier runs have kept in the target folder, after a mend"]
fn what_was_kept_is_read_or_refused() {
    let engine = fuzzed_engine();
    std::fs::create_dir_all(kept_folder()).unwrap();
    let mut failures = Vec::new();
    for file in files(&kept_folder()) {
        let tried = Tried::of(&engine, &std::fs::read(&file).unwrap());
        failures.extend(tried.failure.map(|failure| format!("{}: {failure}", file.display())));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Sees less than usual, and so is faster.
fn fuzzed_engine() -> Engine {
    open("open", EngineOptions { threads: 2, detect_long_side_px: 192, ..EngineOptions::default() })
}

#[expect(clippy::disallowed_methods, reason = "how long and with which seed is said in the environment")]
fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// What came of a run.
#[derive(Debug, Default)]
struct Run {
    /// Files by what came of them: `read`, or the code of the refusal.
    outcomes: BTreeMap<&'static str, u64>,
    /// Formats, by extension, of which a changed file was read.
    read: BTreeMap<&'static str, u64>,
    /// Selfies that gave a face.
    selfies: u64,
    failures: Vec<String>,
    slowest: Duration,
    slowest_case: u64,
    /// Resident memory once a quarter of the time and of the least files was over, in MiB.
    warm_mib: Option<u64>,
    end_mib: u64,
}

/// What a thread does at the moment, for whoever watches: since when, since how much computing, which case.
type Current = Mutex<Option<(Instant, Duration, u64)>>;

/// What the threads of a run share.
struct Work {
    engine: Engine,
    seeds: Vec<(String, Vec<u8>)>,
    seed: u64,
    began: Instant,
    duration: Duration,
    next: AtomicU64,
    run: Mutex<Run>,
}

impl Work {
    /// One case after the other, until the time is over.
    fn go_through(&self, current: &Current) {
        while self.began.elapsed() < self.duration || self.next.load(Ordering::Relaxed) < FILES_LEAST {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let (name, file) = self.case(number);
            let began = Instant::now();
            *lock(current) = Some((began, computed(), number));
            let tried = Tried::of(&self.engine, &file);
            *lock(current) = None;
            let mut run = lock(&self.run);
            run.count(number, began.elapsed(), &tried);
            if let Some(failure) = tried.failure {
                let failure =
                    format!("case {number} of {name}: {failure} ({})", self.keep(&file, number).display());
                eprintln!("{failure}");
                run.failures.push(failure);
            }
            // A loaded machine has hardly begun by then.
            let is_warm = self.began.elapsed() > self.duration / 4 && number >= FILES_LEAST / 4;
            if is_warm && run.warm_mib.is_none() {
                run.warm_mib = Some(resident_mib());
            }
        }
    }

    /// The changed file of this number, and what it was made of.
    fn case(&self, number: u64) -> (&str, Vec<u8>) {
        // Neighbouring seeds of the generator give like beginnings, so they are spread first.
        let mut rng = Rng::with_seed((self.seed << 40 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut any = || &self.seeds[rng.usize(0..self.seeds.len())];
        let ((name, file), (_, other)) = (any(), any());
        (name, mutate::mutated(file, other, &mut rng))
    }

    /// A thread cannot be stopped, so the whole run is, once the file is kept.
    fn give_up_on_a_hang(&self, current: &Current) {
        let Some((began, computed_before, number)) = *lock(current) else { return };
        if computed().saturating_sub(computed_before) > COMPUTING_MAX || began.elapsed() > WAITING_MAX {
            let (name, file) = self.case(number);
            eprintln!("case {number} of {name} hangs: {}", self.keep(&file, number).display());
            std::process::abort();
        }
    }

    fn keep(&self, file: &[u8], number: u64) -> PathBuf {
        std::fs::create_dir_all(kept_folder()).unwrap();
        let path = kept_folder().join(format!("{}-{number}", self.seed));
        std::fs::write(&path, file).unwrap();
        path
    }
}

impl Run {
    fn of(duration: Duration, seed: u64) -> Self {
        let (next, run) = (AtomicU64::new(0), Mutex::default());
        let (engine, seeds) = (fuzzed_engine(), seeds::seeds());
        let work = Work { engine, seeds, seed, began: Instant::now(), duration, next, run };
        let current: Vec<Current> = (0..THREADS).map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            let work = &work;
            let start = |current| scope.spawn(move || work.go_through(current));
            let threads: Vec<_> = current.iter().map(start).collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                std::thread::sleep(Duration::from_millis(100));
                for current in &current {
                    work.give_up_on_a_hang(current);
                }
            }
        });
        let mut run = work.run.into_inner().unwrap_or_else(PoisonError::into_inner);
        run.end_mib = resident_mib();
        eprintln!("seed {seed}, {} files in {:.0?}: {run:#?}", work.next.into_inner(), work.began.elapsed());
        run
    }

    fn count(&mut self, number: u64, took: Duration, tried: &Tried) {
        *self.outcomes.entry(tried.outcome).or_default() += 1;
        self.selfies += u64::from(tried.is_selfie);
        if let Some(format) = tried.read {
            *self.read.entry(format).or_default() += 1;
        }
        if took > self.slowest {
            (self.slowest, self.slowest_case) = (took, number);
        }
    }

    fn judge(&self) {
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
        // The files must not be so broken that only the first check sees them.
        for outcome in ["read", "truncated", "damaged", "too_many_pixels"] {
            assert!(self.outcomes.contains_key(outcome), "no file was {outcome}: {:?}", self.outcomes);
        }
        for format in ["jpg", "png", "webp", "nef"] {
            assert!(self.read.contains_key(format), "no changed {format} was read: {:?}", self.read);
        }
        assert!(self.selfies > 0, "no changed file gave the face of a selfie");
        let growth = self.end_mib.saturating_sub(self.warm_mib.unwrap_or(self.end_mib));
        assert!(growth < GROWTH_MIB_MAX, "memory grew by {growth} MiB");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kept_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// How long this process has kept processors busy, from /proc/self/stat, which counts in hundredths of a second.
fn computed() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(|number| number.parse::<u64>().unwrap());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// What came of one file.
struct Tried {
    outcome: &'static str,
    read: Option<&'static str>,
    is_selfie: bool,
    failure: Option<String>,
}

impl Tried {
    fn of(engine: &Engine, file: &[u8]) -> Self {
        let format = sniff(&file[..file.len().min(SNIFF_BYTES)]);
        let indexed = engine.index(&[file]).pop().unwrap();
        let selfie = engine.selfie(file);
        let outcome = indexed.as_ref().map_or_else(PhotoError::code, |_| "read");
        let read = indexed.as_ref().ok().and(format.as_ref().ok()).map(|format| format.extension());
        let mut failures = vec![patches_keep_the_file(file), internal(indexed.as_ref().err())];
        if let Err(SelfieError::Photo(error)) = &selfie {
            failures.push(internal(Some(error)));
        }
        if let Ok(photo) = &indexed {
            failures.push(sound(photo));
            failures.push(format.err().map(|error| format!("read, and yet sniffing says {error}")));
        }
        let failures: Vec<String> = failures.into_iter().flatten().collect();
        let failure = (!failures.is_empty()).then(|| failures.join("; "));
        Self { outcome, read, is_selfie: selfie.is_ok(), failure }
    }
}

/// The photo is at fault, or it is read; the engine never is.
fn internal(error: Option<&PhotoError>) -> Option<String> {
    error.filter(|error| error.code() == "internal").map(|error| format!("internal: {}", error.detail()))
}

/// Whatever is laid over a file leaves its length, lies within it, survives its binary form, and leaves nothing that
/// blanking once more would take.
fn patches_keep_the_file(file: &[u8]) -> Option<String> {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let patches = match private_parts(file) {
            Ok(patches) => patches,
            Err(error) => return internal(Some(&error)),
        };
        if Patches::from_bytes(&patches.to_bytes()) != Ok(patches.clone()) {
            return Some("patches are not read back".to_owned());
        }
        let mut longer = [file, &[0xA5; 64]].concat();
        patches.apply(0, &mut longer);
        let (delivered, behind) = longer.split_at(file.len());
        if behind != [0xA5; 64] {
            return Some("patches reach behind the file".to_owned());
        }
        let left = private_in(delivered);
        let mut again = delivered.to_vec();
        match private_parts(delivered) {
            Ok(more) => more.apply(0, &mut again),
            // A broken directory may claim as private what a RAW file is known by, the name of its maker.
            Err(error) => return internal(Some(&error)),
        }
        // Broken directories may share bytes, so that one that was rewritten breaks another; nothing private shows by it.
        (private_in(&again) != left).then(|| format!("blanking once leaves what is seen: {left:?}"))
    }));
    checked.unwrap_or_else(|_| Some("finding the private parts panicked".to_owned()))
}

/// What the engine says of a photo makes sense.
fn sound(photo: &engine::IndexedPhoto) -> Option<String> {
    let is_finite = |face: &engine::IndexedFace| {
        let bounds = face.face.bounds;
        [bounds.x, bounds.y, bounds.width, bounds.height].iter().all(|number| number.is_finite())
            && face.embedding.as_slice().iter().all(|number| number.is_finite())
    };
    let renditions = [&photo.preview, &photo.thumb];
    if photo.width_px == 0 || photo.height_px == 0 {
        return Some("a photo without pixels".to_owned());
    }
    if !photo.faces.iter().all(is_finite) {
        return Some("a face that is nowhere".to_owned());
    }
    renditions
        .iter()
        .any(|jpeg| turbojpeg::read_header(jpeg).is_err())
        .then(|| "a rendition is no JPEG".to_owned())
}
