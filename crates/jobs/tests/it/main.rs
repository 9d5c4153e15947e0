//! Jobs on a real database and a real folder, with faces written as text.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "../../../recognizer/tests/it/fake_server.rs"]
mod fake_server;
#[path = "../../../web/tests/it/logs.rs"]
mod logs;
mod new_photos;
mod reindex;
mod rekognition;

use std::sync::Arc;
use std::time::Duration;

use blobs::{BlobKey, Blobs, Settings};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, EventName, JobId, PhotoId, PhotoState, Rendition};
use jobs::{ATTEMPTS_MAX, Worker, WorkerSettings};
use recognizer::{Fake, GalleryVersion, Known, Read, Recognizer, ToRead};
use sqlx::PgPool;
use store::event::NewEvent;
use store::photo::NewPhoto;
use time::macros::datetime;

/// Counts up, so that ids differ.
fn entropy() -> Entropy {
    let counter = std::sync::atomic::AtomicU64::new(1);
    Entropy::new(move |buffer| {
        let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_le_bytes();
        for (byte, n) in buffer.iter_mut().zip(n.iter().cycle()) {
            *byte = *n;
        }
    })
}

async fn worker(pool: &PgPool) -> Worker {
    logs::capture();
    let store = store::testing::store(pool).await;
    let blobs = Blobs::open(&Settings::Memory).unwrap();
    let (clock, entropy) = (domain::Clock::fixed(time::OffsetDateTime::UNIX_EPOCH), entropy());
    Worker {
        receiver: intake::Receiver::new(store.clone(), blobs.clone(), clock.clone(), entropy.clone()),
        recognizer: Recognizer::Fake(Arc::new(Fake::new(Arc::new(store.clone())))),
        store,
        blobs,
        entropy,
        clock,
        public_url: "https://photos.example.org".to_owned(),
        settings: WorkerSettings::default(),
        wake: Arc::default(),
    }
}

async fn event(worker: &Worker, pack: &str) -> EventId {
    let event_id = EventId::from_entropy(&worker.entropy);
    let name = EventName::parse("Gala").unwrap();
    let created_at = datetime!(2026-11-20 12:00 UTC);
    let new = NewEvent { event_id, name: &name, held_on: None, pack, created_by: None, created_at };
    let mut tx = worker.store.begin().await.unwrap();
    store::event::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    event_id
}

/// What is read on a photo of somebody.
async fn read(worker: &Worker, pack: &str, name: &str) -> Read {
    let photo_id = PhotoId::from_entropy(&worker.entropy);
    let photo = ToRead { photo_id, bytes: Fake::photo_of(&[name]), sent_before: false };
    let event_id = EventId::from_entropy(&worker.entropy);
    worker.recognizer.index(event_id, pack, vec![photo]).await.unwrap().remove(0).unwrap()
}

/// Puts a photo in as `web` does; `kept` says whether its bytes reach the store.
async fn upload(worker: &Worker, event_id: EventId, bytes: &Bytes, kept: bool) -> PhotoId {
    let sha256 = Digest::of(bytes);
    if kept {
        worker.blobs.put(&BlobKey::new(event_id, sha256, Rendition::Original), bytes.clone()).await.unwrap();
    }
    let photo_id = PhotoId::from_entropy(&worker.entropy);
    let mut tx = worker.store.begin().await.unwrap();
    let change = store::event::next_change(&mut tx, event_id).await.unwrap().unwrap();
    let new = NewPhoto {
        batch_id: None,
        change,
        event_id,
        photo_id,
        sha256,
        file_name: "a.jpg",
        media_type: "image/jpeg",
        size_bytes: 30 * 1024 * 1024,
        uploaded_by: None,
        uploaded_at: datetime!(2026-11-20 12:00 UTC),
    };
    assert!(store::photo::insert(&mut tx, &new).await.unwrap());
    let job_id = JobId::from_entropy(&worker.entropy);
    store::job::enqueue_ingest(&mut tx, event_id, job_id, photo_id).await.unwrap();
    tx.commit().await.unwrap();
    photo_id
}

async fn photo(worker: &Worker, event_id: EventId, photo_id: PhotoId) -> store::photo::Photo {
    let mut tx = worker.store.begin().await.unwrap();
    store::photo::by_id(&mut tx, event_id, photo_id).await.unwrap().unwrap()
}

async fn found(worker: &Worker, event_id: EventId, name: &str) -> Vec<PhotoId> {
    found_by(worker, event_id, Fake::photo_of(&[name])).await
}

async fn found_by(worker: &Worker, event_id: EventId, selfie: Bytes) -> Vec<PhotoId> {
    let mut tx = worker.store.begin().await.unwrap();
    let event = store::event::by_id(&mut tx, event_id).await.unwrap().unwrap();
    let version = GalleryVersion {
        event_id,
        pack: event.pack,
        version: event.gallery_version,
        epoch: event.gallery_epoch,
    };
    let found = worker.recognizer.find(&version, selfie, &Known::default()).await.unwrap();
    found.matches.iter().map(|found| found.photo_id).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_are_read_and_found_and_a_damaged_one_is_named(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "fake").await;
    let other = event(&worker, "fake").await;
    let ann = upload(&worker, event_id, &Fake::photo_of(&["ann", "bob"]), true).await;
    let nobody = upload(&worker, event_id, &Fake::photo_of(&[]), true).await;
    let damaged = upload(&worker, event_id, &Fake::photo_of(&["damaged"]), true).await;
    let lost = upload(&worker, event_id, &Fake::photo_of(&["carl"]), false).await;
    upload(&worker, other, &Fake::photo_of(&["ann"]), true).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 5);
    assert_eq!(photo(&worker, event_id, ann).await.face_count, 2);
    assert_eq!(photo(&worker, event_id, nobody).await.state, PhotoState::Ready);
    for (photo_id, code) in [(damaged, "truncated"), (lost, "original_missing")] {
        let photo = photo(&worker, event_id, photo_id).await;
        assert_eq!((photo.state, photo.failure_code.as_deref()), (PhotoState::Failed, Some(code)));
    }
    assert_eq!(found(&worker, event_id, "ann").await, [ann], "and not the photo of the other event");
    assert!(found(&worker, event_id, "carl").await.is_empty());
    let sha256 = Digest::of(&Fake::photo_of(&["ann", "bob"]));
    for rendition in [Rendition::Preview, Rendition::Thumb] {
        assert!(worker.blobs.get(&BlobKey::new(event_id, sha256, rendition)).await.unwrap().is_some());
    }
    let added_later = upload(&worker, event_id, &Fake::photo_of(&["ann"]), true).await;
    worker.run_until_idle().await.unwrap();
    let mut both = found(&worker, event_id, "ann").await;
    both.sort();
    assert_eq!(
        both,
        [ann.min(added_later), ann.max(added_later)],
        "the gallery in memory is brought up to date"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_cannot_be_done_now_is_tried_again_and_set_aside_in_the_end(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "fake").await;
    forbid_faces(&pool).await;
    let photo_id = upload(&worker, event_id, &Fake::photo_of(&["ann"]), true).await;
    for attempt in 1..=ATTEMPTS_MAX {
        assert_eq!(worker.run_until_idle().await.unwrap(), 1, "attempt {attempt}");
        sqlx::query("update job set run_at = now()").execute(&pool).await.unwrap();
    }
    assert_eq!(worker.run_until_idle().await.unwrap(), 0, "a dead job is not tried");
    let photo = photo(&worker, event_id, photo_id).await;
    assert_eq!(photo.state, PhotoState::Failed);
    assert!(photo.failure_detail.unwrap().contains("the disk is full"), "the reason is kept");
}

/// Lets every attempt to write a face fail.
async fn forbid_faces(pool: &PgPool) {
    let refuse = "create function refuse() returns trigger language plpgsql as \
                  $$ begin raise exception 'the disk is full'; end $$";
    sqlx::query(refuse).execute(pool).await.unwrap();
    let before = "create trigger refuse before insert on face for each row execute function refuse()";
    sqlx::query(before).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_whose_models_are_missing_waits_for_them(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "another-pack").await;
    let photo_id = upload(&worker, event_id, &Fake::photo_of(&["ann"]), true).await;
    for _ in 0..2 * ATTEMPTS_MAX {
        assert_eq!(worker.run_until_idle().await.unwrap(), 0, "it waits");
        sqlx::query("update job set run_at = now()").execute(&pool).await.unwrap();
    }
    assert_eq!(photo(&worker, event_id, photo_id).await.state, PhotoState::Waiting);
    let why: String = sqlx::query_scalar("select last_error from job").fetch_one(&pool).await.unwrap();
    assert!(why.contains("another-pack") && why.contains("findme models"), "it names the mend: {why}");
    sqlx::query("update event set pack = 'fake'").execute(&pool).await.unwrap();
    worker.run_until_idle().await.unwrap();
    assert_eq!(found(&worker, event_id, "ann").await, [photo_id]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_ends_the_process_each_time_is_set_aside(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "fake").await;
    let photo_id = upload(&worker, event_id, &Fake::photo_of(&["ann"]), true).await;
    sqlx::query("update job set attempts = $1").bind(ATTEMPTS_MAX).execute(&pool).await.unwrap();
    worker.run_until_idle().await.unwrap();
    assert_eq!(photo(&worker, event_id, photo_id).await.failure_code.as_deref(), Some("interrupted"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_running_worker_is_woken_and_stops_when_told(pool: PgPool) {
    let mut worker = worker(&pool).await;
    worker.settings.poll = Duration::from_hours(1);
    let event_id = event(&worker, "fake").await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn({
        let worker = worker.clone();
        async move { worker.run(stopped).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let photo_id = upload(&worker, event_id, &Fake::photo_of(&["ann"]), true).await;
    worker.wake.notify_one();
    while photo(&worker, event_id, photo_id).await.state == PhotoState::Waiting {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), running).await.expect("it stops").unwrap();
}
