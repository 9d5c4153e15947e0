//! `cargo bench -p app --bench zip`: memory of `findme serve` while it sends an event of 20 GB as one archive, and while
//! eight readers of it have stopped in the middle. The archive is checked with Python, `unzip` and, if there is one, `7z`.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]
#![expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]

#[expect(dead_code, reason = "this bench asks for less than the others")]
mod server;

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use app::private_postgres::PrivatePostgres;
use domain::{Digest, EventId, EventName, JobId, PhotoId, Rendition};
use server::{URL, findme, open_to_all, start};
use store::bulk::{Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::photo::NewPhoto;
use store::{PoolSizes, Store};
use time::macros::datetime;

const PHOTOS: u32 = 2000;
const PHOTO_BYTES: u64 = 10 * 1024 * 1024;
/// How much each of the readers who stop has read by then.
const STOPPED_AFTER_BYTES: u64 = 64 * 1024 * 1024;
const READERS: usize = 8;

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    assert!(findme(&root, folder.path(), &["models", "pull"]).status().expect("findme").success());
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    // The first start makes the admin and the event.
    drop(start(findme(&root, folder.path(), &["serve"]), &client).await);
    fill(&folder.path().join("data")).await;

    let server = start(findme(&root, folder.path(), &["serve"]), &client).await;
    let archive = folder.path().join("gala.zip");
    download(&client, server.0.id(), &archive).await;
    stop_in_the_middle(&client, server.0.id()).await;
    drop(server);
    check(&archive);
}

/// Writes the photos: sparse files that differ in their first bytes, and a row for each.
async fn fill(data: &Path) {
    let private = PrivatePostgres::enter(data, None).expect("the private database");
    let store = Store::connect(&private.url(), &private.url(), PoolSizes::default()).await.expect("a store");
    let entropy = domain::Entropy::new(|buffer| getrandom::fill(buffer).expect("randomness"));
    let mut tx = store.begin().await.expect("a transaction");
    let name = EventName::parse("Gala").expect("a name");
    let event = store::event::by_name(&mut tx, &name).await.expect("a query").expect("the event");
    for n in 0..PHOTOS {
        let sha256 = Digest::of(&n.to_le_bytes());
        write_photo(data, event.event_id, sha256, n);
        let photo_id = PhotoId::from_entropy(&entropy);
        let new = NewPhoto {
            event_id: event.event_id,
            photo_id,
            sha256,
            file_name: &format!("DSC_{n:04}.JPG"),
            media_type: "image/jpeg",
            size_bytes: i64::try_from(PHOTO_BYTES).expect("it is small"),
            batch_id: None,
            change: 0,
            uploaded_by: None,
            uploaded_at: event.created_at,
        };
        assert!(store::photo::insert(&mut tx, &new).await.expect("a query"));
        let job_id = JobId::from_entropy(&entropy);
        store::job::enqueue_ingest(&mut tx, event.event_id, job_id, photo_id).await.expect("a query");
    }
    let lease_token = uuid::Uuid::from_bytes(entropy.bytes());
    let claimed = store::job::claim(&mut tx, lease_token, 60, i64::from(PHOTOS)).await.expect("a query");
    tx.commit().await.expect("a commit");
    assert_eq!(claimed.len(), PHOTOS as usize);
    let taken_at = |n: usize| Some(datetime!(2026-06-20 14:00) + Duration::from_secs(n as u64));
    let photos: Vec<_> = claimed
        .iter()
        .enumerate()
        .map(|(n, job)| {
            let ready = ReadyPhoto {
                width_px: 1,
                height_px: 1,
                taken_at: taken_at(n),
                camera: None,
                // Nothing in them is private: the version of the list, and no entry.
                private_parts: vec![1],
                faces: Vec::new(),
            };
            ReadPhoto { job_id: job.job_id, photo_id: job.photo_id, outcome: Outcome::Ready(ready) }
        })
        .collect();
    // The event has no templates, so nothing is compared.
    let thresholds = domain::Thresholds { sure: 1.0, maybe: 1.0 };
    let (event_id, pack) = (event.event_id, &event.pack);
    let batch = ReadBatch { event_id, pack, thresholds, lease_token, photos: &photos };
    assert_eq!(store.finish_photos(&batch).await.expect("a write"), PHOTOS as usize);
    store.close().await;
    private.leave().expect("the private database stops");
}

fn write_photo(data: &Path, event_id: EventId, sha256: Digest, n: u32) {
    let folder = data.join(format!("blobs/events/{event_id}/photos/{sha256}"));
    std::fs::create_dir_all(&folder).expect("our own folder");
    let file = File::create(folder.join(Rendition::Original.as_str())).expect("a file");
    file.set_len(PHOTO_BYTES).expect("a sparse file");
    file.write_all_at(&n.wrapping_mul(0x9E37_79B9).to_be_bytes(), 0).expect("a write");
}

/// Reads the whole archive and keeps it as a sparse file.
async fn download(client: &reqwest::Client, pid: u32, archive: &Path) {
    let before = resident(pid);
    // Forgets the peak of loading the models (proc(5)).
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("it is our own process");
    let read = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let (read, done) = (Arc::clone(&read), Arc::clone(&done));
        move || watch(pid, &read, &done)
    });
    let began = Instant::now();
    let mut answer = open(client).await;
    let mut file = File::create(archive).expect("a file");
    while let Some(bytes) = answer.chunk().await.expect("the archive is whole") {
        if bytes.iter().all(|byte| *byte == 0) {
            file.seek(SeekFrom::Current(i64::try_from(bytes.len()).expect("small"))).expect("a seek");
        } else {
            file.write_all(&bytes).expect("a write");
        }
        read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
    let took = began.elapsed().as_secs_f64();
    done.store(true, Ordering::Relaxed);
    let size = read.load(Ordering::Relaxed);
    file.set_len(size).expect("a sparse file");
    println!("archive of {PHOTOS} photos: {size} bytes in {took:.0} s, {:.0} MB/s", size as f64 / took / 1e6);
    println!("resident before: {}", mebibytes(before));
    for (share, resident) in watch.join().expect("it watches") {
        println!("resident at {share} %: {}", mebibytes(resident));
    }
    println!("resident at most while it was sent: {}", mebibytes(status(pid, "VmHWM")));
}

async fn open(client: &reqwest::Client) -> reqwest::Response {
    let address = format!("{URL}/api/events/gala/photos.zip?size=original");
    let answer = client.get(address).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    answer
}

/// Resident memory at each tenth of the photos' bytes.
fn watch(pid: u32, read: &AtomicU64, done: &AtomicBool) -> Vec<(u64, u64)> {
    let mut seen = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let share = read.load(Ordering::Relaxed) * 10 / (u64::from(PHOTOS) * PHOTO_BYTES) * 10;
        if share > seen.last().map_or(0, |(share, _)| *share) {
            seen.push((share, resident(pid)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    seen
}

/// Lets readers stop in the middle, as many as there may be.
async fn stop_in_the_middle(client: &reqwest::Client, pid: u32) {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("it is our own process");
    let before = resident(pid);
    let mut stopped = Vec::new();
    for _ in 0..READERS {
        let mut answer = open(client).await;
        let mut read = 0;
        while read < STOPPED_AFTER_BYTES {
            read += answer.chunk().await.expect("a piece").expect("there is more").len() as u64;
        }
        stopped.push(answer);
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!(
        "{READERS} readers who stopped in the middle: {} before, {} while they wait, {} at most",
        mebibytes(before),
        mebibytes(resident(pid)),
        mebibytes(status(pid, "VmHWM"))
    );
}

/// Has the archive tested by other programs, each of which reads every byte of every entry.
fn check(archive: &Path) {
    let python = "import sys, zipfile; archive = zipfile.ZipFile(sys.argv[1]); names = archive.namelist(); \
                  assert names == sorted(names) and len(set(names)) == int(sys.argv[2]), len(names); \
                  assert archive.testzip() is None; print(names[0], names[-1])";
    let path = archive.to_str().expect("our own name");
    let commands: [&[&str]; 3] = [
        &["python3", "-c", python, path, &PHOTOS.to_string()],
        &["unzip", "-tqq", path],
        &["7z", "t", "-bso0", "-bsp0", path],
    ];
    for command in commands {
        match Command::new(command[0]).args(&command[1..]).status() {
            Ok(status) => {
                assert!(status.success(), "{}: {status}", command[0]);
                println!("{}: whole", command[0]);
            }
            Err(error) => println!("{} could not be asked: {error}", command[0]),
        }
    }
}

fn resident(pid: u32) -> u64 {
    status(pid, "VmRSS")
}

/// A line of `/proc/PID/status`, in KiB.
fn status(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with(name)).expect("proc has it");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1} MiB", kibibytes as f64 / 1024.0)
}
