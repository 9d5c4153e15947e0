//! `cargo bench -p app --bench workers`: photos per second with one `findme work` and with two, and where the time goes.
//! The photographs are made by `photos/make_camera_photos.py` in the folder that `FINDME_SHARED` names.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

#[path = "peers/python.rs"]
mod python;
#[expect(dead_code, reason = "shared with benches that also search")]
mod server;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use server::{Server, findme, get, open_to_all, send, shared, start};

const PHOTOS: usize = 60;
/// Sides of a 12-megapixel photograph.
const SIDES_PX: &str = "4000,3000";
/// Workers, and threads of each that read photos.
const SETUPS: [(usize, usize); 3] = [(1, 1), (2, 1), (1, 2)];
/// In the order of the work; the engine's own are indented.
const STAGES: [(&str, &str); 10] = [
    ("originals", "original out of the store"),
    ("engine", "in the engine, or waiting for it"),
    ("decode", "  decode"),
    ("detect", "  detect"),
    ("align", "  align"),
    ("embed", "  embed"),
    ("render", "  make the renditions"),
    ("private_parts", "  find what is private"),
    ("renditions", "renditions into the store"),
    ("database", "rows into the database"),
];

/// What one setup gave.
struct Run {
    photos_per_s: f64,
    faces: u64,
    /// Milliseconds in all, by stage.
    stages: BTreeMap<String, u64>,
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let made = tempfile::tempdir().expect("a folder");
    make_photos(&root, made.path());
    let bytes: u64 =
        server::files(made.path()).iter().map(|file| file.metadata().expect("a file").len()).sum();
    println!("{PHOTOS} photographs of 12 megapixels, {:.1} MB on average", mean(bytes, 1e6));
    let mut runs = Vec::new();
    for (workers, threads) in SETUPS {
        let run = measure(&root, made.path(), workers, threads).await;
        println!(
            "{workers} × findme work, {threads} thread(s) each: {:.2} photos/s, {} faces",
            run.photos_per_s, run.faces
        );
        runs.push(run);
    }
    println!("\nmilliseconds per photo:");
    for (stage, words) in STAGES {
        let columns = runs.iter().map(|run| format!("{:>8.1}", mean(run.stages[stage], 1.0)));
        println!("{words:<34}{}", columns.collect::<String>());
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mean(sum: u64, unit: f64) -> f64 {
    sum as f64 / PHOTOS as f64 / unit
}

/// The script makes them twice as large; they are made smaller as a camera of 12 megapixels would have taken them.
fn make_photos(root: &Path, folder: &Path) {
    let python = python::with_packages(root);
    let shared = shared(root);
    python::run(
        Command::new(&python)
            .arg(shared.join("photos/make_camera_photos.py"))
            .arg(shared.join("photos/public-event/photos"))
            .arg(folder)
            .arg(PHOTOS.to_string()),
    );
    let shrink = format!(
        "import sys, pathlib\nfrom PIL import Image\nfor path in pathlib.Path(sys.argv[1]).iterdir():\n    image = \
         Image.open(path); exif = image.getexif(); sides = ({SIDES_PX})\n    image.resize(sides if image.width > image.height \
         else sides[::-1]).save(path, quality=93, subsampling=1, exif=exif)"
    );
    python::run(Command::new(&python).args(["-c", &shrink]).arg(folder));
}

/// Uploads the photos while nobody works, then lets the workers read them.
async fn measure(root: &Path, photos: &Path, workers: usize, threads: usize) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    assert!(findme(root, folder.path(), &["models", "pull"]).status().expect("findme").success());
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let _server = start(findme(root, folder.path(), &["serve"]), &client).await;
    send(&client, photos).await;
    let logs: Vec<PathBuf> = (0..workers).map(|number| folder.path().join(format!("{number}.log"))).collect();
    let working: Vec<Server> =
        logs.iter().map(|log| Server(work(root, folder.path(), threads, log))).collect();
    let photos_per_s = rate(&client).await;
    let faces = get(&client, "/api/events/gala").await["counts"]["faces"].as_u64().expect("a number");
    drop(working);
    Run { photos_per_s, faces, stages: stages(&logs) }
}

fn work(root: &Path, folder: &Path, threads: usize, log: &Path) -> Child {
    let mut command = findme(root, folder, &["work"]);
    command
        .env("FINDME_THREADS", threads.to_string())
        .env("LOG_LEVEL", "warn,jobs=debug")
        .env("NO_COLOR", "1");
    command.stdout(Stdio::null()).stderr(File::create(log).expect("our own folder"));
    command.spawn().expect("findme starts")
}

/// Photos per second from the first that is ready to the last: loading the models is not counted.
async fn rate(client: &reqwest::Client) -> f64 {
    let mut first = None;
    loop {
        let event: Value = get(client, "/api/events/gala").await;
        let ready = event["counts"]["ready"].as_u64().expect("a number");
        let (began, before) = match first {
            None if ready > 0 => *first.insert((Instant::now(), ready)),
            None => (Instant::now(), 0),
            Some(first) => first,
        };
        if ready == PHOTOS as u64 {
            let photos = u32::try_from(ready - before).expect("a few");
            return f64::from(photos) / began.elapsed().as_secs_f64();
        }
        assert_eq!(event["counts"]["failed"], 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sums up what the workers have logged of their batches.
fn stages(logs: &[PathBuf]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for log in logs {
        let lines = BufReader::new(File::open(log).expect("a log")).lines().map_while(Result::ok);
        for line in lines.filter(|line| line.contains("a batch was read")) {
            for (name, value) in line.split(' ').filter_map(|word| word.split_once('=')) {
                if let Ok(value) = value.parse::<u64>() {
                    *sums.entry(name.to_owned()).or_default() += value;
                }
            }
        }
    }
    assert_eq!(sums.get("photos"), Some(&(PHOTOS as u64)), "each photo stands in the logs once");
    sums
}
