//! `cargo bench -p app --bench selfie`: memory of `findme serve --with-worker` after the sample event, and the time
//! from a selfie to its answer over HTTP in an event of 4,000 faces, with the server on one core.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

mod process;
mod server;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use app::private_postgres::PrivatePostgres;
use domain::{BoxPx, Digest, Embedding, EventName, Face, FaceId, JobId, PhotoId, PointPx, Quality};
use process::mebibytes;
use serde_json::Value;
use server::{consent, files, findme, open_to_all, quantile, search, shared, start, upload};
use store::bulk::{NewFace, Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::photo::NewPhoto;
use store::{PoolSizes, Store};

const FACES: i64 = 4000;
const SELFIES: usize = 200;

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let event = shared(&root).join("photos/public-event");
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    assert!(findme(&root, folder.path(), &["models", "pull"]).status().expect("findme").success());
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");

    let server = start(findme(&root, folder.path(), &["serve", "--with-worker"]), &client).await;
    upload(&client, &event.join("photos")).await;
    println!("memory of serve --with-worker after the sample event: {}", memory(server.0.id()));
    drop(server);
    top_up(&folder.path().join("data")).await;

    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", "0"]);
    let server = start(wrapped(pinned, &findme(&root, folder.path(), &["serve"])), &client).await;
    measure(&client, &event.join("selfies")).await;
    println!("memory of serve with that gallery: {}", memory(server.0.id()));
}

/// `inner`, started by `outer`.
fn wrapped(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer
}

/// Adds photos of random faces until the event has [`FACES`].
async fn top_up(data: &Path) {
    let private = PrivatePostgres::enter(data, None).expect("the private database");
    let store = Store::connect(&private.url(), &private.url(), PoolSizes::default()).await.expect("a store");
    let entropy = domain::Entropy::new(|buffer| getrandom::fill(buffer).expect("randomness"));
    let mut tx = store.begin().await.expect("a transaction");
    let name = EventName::parse("Gala").expect("a name");
    let event = store::event::by_name(&mut tx, &name).await.expect("a query").expect("the event");
    let missing = FACES - store::photo::counts(&mut tx, event.event_id).await.expect("a query").faces;
    let photo_id = PhotoId::from_entropy(&entropy);
    let new = NewPhoto {
        event_id: event.event_id,
        photo_id,
        sha256: Digest(entropy.bytes()),
        file_name: "random.jpg",
        media_type: "image/jpeg",
        size_bytes: 1,
        batch_id: None,
        change: 0,
        uploaded_by: None,
        uploaded_at: event.created_at,
    };
    assert!(store::photo::insert(&mut tx, &new).await.expect("a query"));
    let job_id = JobId::from_entropy(&entropy);
    store::job::enqueue_ingest(&mut tx, event.event_id, job_id, photo_id).await.expect("a query");
    let lease_token = uuid::Uuid::from_bytes(entropy.bytes());
    assert_eq!(store::job::claim(&mut tx, lease_token, 60, 10).await.expect("a query").len(), 1);
    tx.commit().await.expect("a commit");
    let faces = (0..missing).map(|_| random_face(&entropy)).collect();
    let ready =
        ReadyPhoto { width_px: 1, height_px: 1, taken_at: None, camera: None, private_parts: vec![1], faces };
    let photos = [ReadPhoto { job_id, photo_id, outcome: Outcome::Ready(ready) }];
    // The event has no templates, so nothing is compared.
    let thresholds = domain::Thresholds { sure: 1.0, maybe: 1.0 };
    let (event_id, pack) = (event.event_id, &event.pack);
    let batch = ReadBatch { event_id, pack, thresholds, lease_token, photos: &photos };
    assert_eq!(store.finish_photos(&batch).await.expect("a write"), 1);
    store.close().await;
    private.leave().expect("the private database stops");
    println!("topped up with {missing} random faces to {FACES}");
}

fn random_face(entropy: &domain::Entropy) -> NewFace {
    let raw: Vec<f32> = entropy.bytes::<512>().iter().map(|byte| f32::from(*byte) - 127.5).collect();
    let quality = Quality { size_px: 1.0, sharpness: 1.0, yaw: 0.0, embedding_norm: 1.0 };
    let bounds = BoxPx { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
    let face = Face { bounds, landmarks: [PointPx { x: 0.0, y: 0.0 }; 5], confidence: 1.0, quality };
    NewFace {
        face_id: FaceId::from_entropy(entropy),
        face,
        embedding: Some(Embedding::normalised(&raw).expect("bytes differ from 127.5")),
    }
}

async fn measure(client: &reqwest::Client, folder: &Path) {
    let consent = consent(client).await;
    let selfies = files(folder);
    let (mut whole_ms, mut embed_ms, mut search_ms) = (Vec::new(), Vec::new(), Vec::new());
    // The first ten load the gallery and fill caches.
    for (index, file) in selfies.iter().cycle().take(SELFIES + 10).enumerate() {
        let request = search(client, file, &consent);
        let began = Instant::now();
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}: {}", file.display(), answer.status());
        let answer: Value = answer.json().await.expect("JSON");
        if index >= 10 {
            assert_eq!(answer["faces_searched"], FACES);
            whole_ms.push(began.elapsed().as_secs_f64() * 1000.0);
            embed_ms.push(answer["timing"]["embed_ms"].as_f64().expect("a number"));
            search_ms.push(answer["timing"]["search_ms"].as_f64().expect("a number"));
        }
    }
    println!("selfie to answer, {SELFIES} selfies, {FACES} faces, server on one core, HTTP included:");
    for (what, values) in
        [("whole", whole_ms), ("of which decode, detect and embed", embed_ms), ("of which search", search_ms)]
    {
        println!("  {what}: p50 {:.1} ms, p95 {:.1} ms", quantile(values.clone(), 50), quantile(values, 95));
    }
}

/// Resident memory of a process, now and at most so far.
fn memory(pid: u32) -> String {
    format!("{} MiB now, {} MiB at most", mebibytes(pid, "VmRSS"), mebibytes(pid, "VmHWM"))
}
