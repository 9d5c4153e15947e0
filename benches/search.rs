//! `cargo bench -p engine --bench search`: the search beside what else searches vectors, on the same data and
//! interleaved in one run. `peers/search.py` leads: it starts this program again as `search serve`, and both sides read
//! the same files. The table goes to `benches/results/search.md`; what follows `--` goes to the script, such as
//! `--sizes 1000,200000 --rounds 5`.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

#[expect(dead_code, reason = "shared with benches that use the other environment")]
#[path = "peers/python.rs"]
mod python;

use std::error::Error;
use std::fmt::Write as _;
use std::io::BufRead as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use domain::{Embedding, FaceId, PhotoId, Score, Thresholds};
use engine::gallery::people;
use engine::{FaceHit, Gallery, Person};
use rayon::prelude::*;
use uuid::Uuid;

/// Bytes whose reading gives the memory's speed: far more than caches hold.
const READ_BYTES: usize = 512 << 20;

/// Those of the default pack.
const THRESHOLDS: Thresholds = Thresholds { sure: 0.3, maybe: 0.25 };

type Answer = Result<String, Box<dyn Error>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments == ["serve"] {
        serve();
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let python = python::with_requirements(&root, "search-venv", "search-requirements.txt");
    python::run(
        Command::new(&python)
            .arg(root.join("benches/peers/search.py"))
            .arg("--ours")
            .arg(std::env::current_exe().expect("our own name"))
            .arg("--results")
            .arg(root.join("benches/results/search.md"))
            .args(arguments),
    );
}

/// Answers one line on standard output to each command on standard input, until there are no more.
fn serve() {
    let mut gallery = Gallery::new(0);
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["load", path, dimension] => load(&mut gallery, path, dimension),
            ["search", path, threads, batch, least] => search(&gallery, path, threads, batch, least),
            ["answers", path, least, to] => write_answers(&gallery, path, least, to),
            ["find", path, threads] => find(&gallery, path, threads),
            ["read", threads] => read_memory(threads),
            _ => Err("unknown command".into()),
        };
        println!("{}", answer.unwrap_or_else(|error| panic!("{line}: {error}")));
    }
}

/// Little-endian 32-bit floats, `dimension` to an embedding.
fn embeddings(path: &str, dimension: usize) -> Result<Vec<Embedding>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    bytes.chunks(dimension * 4).map(|row| Ok(Embedding::from_le_bytes(row)?)).collect()
}

/// Makes the gallery: its faces are numbered from 0. Says how long that took in seconds, and the bytes it takes.
fn load(gallery: &mut Gallery, path: &str, dimension: &str) -> Answer {
    let dimension = dimension.parse()?;
    let faces = embeddings(path, dimension)?;
    let began = Instant::now();
    *gallery = Gallery::new(dimension);
    for (number, face) in faces.iter().enumerate() {
        let id = Uuid::from_u128(number as u128);
        gallery.append(FaceId(id), PhotoId(id), face)?;
    }
    Ok(format!("{} {}", began.elapsed().as_secs_f64(), gallery.memory_bytes()))
}

/// The seconds of each search; `batch` queries are asked together.
fn search(gallery: &Gallery, path: &str, threads: &str, batch: &str, least: &str) -> Answer {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let queries = embeddings(path, gallery.dimension())?;
    let least = Score(least.parse()?);
    let mut seconds = String::new();
    for batch in queries.chunks(batch.parse()?) {
        let took = pool.install(|| time(gallery, batch, least));
        write!(seconds, "{} ", took.as_secs_f64())?;
    }
    Ok(seconds)
}

fn time(gallery: &Gallery, queries: &[Embedding], least: Score) -> Duration {
    let queries: Vec<&Embedding> = queries.iter().collect();
    let began = Instant::now();
    let found: usize = match queries.as_slice() {
        [query] => gallery.search(query, least).len(),
        several => gallery.search_many(several, least).iter().map(Vec::len).sum(),
    };
    let took = began.elapsed();
    std::hint::black_box(found);
    took
}

/// The seconds of each whole search for a person, by the levels of the default pack.
fn find(gallery: &Gallery, path: &str, threads: &str) -> Answer {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let mut seconds = String::new();
    for selfie in embeddings(path, gallery.dimension())? {
        let person = Person::of(selfie);
        let began = Instant::now();
        std::hint::black_box(pool.install(|| people::search(gallery, &person, THRESHOLDS)));
        write!(seconds, "{} ", began.elapsed().as_secs_f64())?;
    }
    Ok(seconds)
}

/// Writes for each query a line with the numbers of the faces that answer it.
fn write_answers(gallery: &Gallery, path: &str, least: &str, to: &str) -> Answer {
    let queries = embeddings(path, gallery.dimension())?;
    let queries: Vec<&Embedding> = queries.iter().collect();
    let number = |hit: &FaceHit| hit.face_id.0.as_u128().to_string();
    let line = |hits: &Vec<FaceHit>| hits.iter().map(number).collect::<Vec<_>>().join(" ");
    let answers = gallery.search_many(&queries, Score(least.parse()?));
    std::fs::write(to, answers.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok("written".to_owned())
}

/// Bytes per second at which `threads` read memory and do nothing but add: the floor of every scan. The best of five.
fn read_memory(threads: &str) -> Answer {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let words = vec![1_u64; READ_BYTES / size_of::<u64>()];
    let pass = || {
        let began = Instant::now();
        let sum: u64 = pool.install(|| words.par_chunks(1 << 18).map(|part| part.iter().sum::<u64>()).sum());
        assert_eq!(sum, words.len() as u64);
        began.elapsed()
    };
    let best = (0..5).map(|_| pass()).min().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok((READ_BYTES as f64 / best.as_secs_f64()).to_string())
}
