//! The store on a real database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod outages;
mod per_event_accounts;
mod templates;

use domain::{
    BoxPx, Digest, Embedding, Entropy, EventId, EventName, Face, FaceId, JobId, PhotoId, PointPx, Quality,
    Thresholds,
};
use sqlx::PgPool;
use store::bulk::{NewFace, Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::event::NewEvent;
use store::listen::News;
use store::page::Order;
use store::photo::{Counts, NewPhoto};
use store::photo_list::{Cursor, Filter};
use store::{Store, event, job, photo};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const LEASE: Uuid = Uuid::from_u128(77);
const THRESHOLDS: Thresholds = Thresholds { sure: 0.9, maybe: 0.8 };

fn id(n: u8) -> Entropy {
    Entropy::fixed(n)
}

async fn event(store: &Store, n: u8) -> event::Event {
    let mut tx = store.begin().await.unwrap();
    let name = EventName::parse("Gala").unwrap();
    let new = NewEvent {
        event_id: EventId::from_entropy(&id(n)),
        name: &name,
        held_on: None,
        pack: "open",
        created_by: None,
        created_at: NOW,
    };
    let event = event::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    event
}

/// Adds a photo and its job; false when it was there.
async fn photo(store: &Store, event_id: EventId, n: u8) -> bool {
    let mut tx = store.begin().await.unwrap();
    let photo_id = PhotoId::from_entropy(&id(n));
    let change = event::next_change(&mut tx, event_id).await.unwrap().unwrap();
    let new = NewPhoto {
        batch_id: None,
        change,
        event_id,
        photo_id,
        sha256: Digest::of(&[n]),
        file_name: "a.jpg",
        media_type: "image/jpeg",
        size_bytes: 1,
        uploaded_by: None,
        uploaded_at: NOW + Duration::seconds(i64::from(n)),
    };
    let is_new = photo::insert(&mut tx, &new).await.unwrap();
    if is_new {
        job::enqueue_ingest(&mut tx, event_id, JobId::from_entropy(&id(n)), photo_id).await.unwrap();
    }
    tx.commit().await.unwrap();
    is_new
}

async fn claim(store: &Store, lease: Uuid, lease_seconds: i32) -> Vec<job::Job> {
    let mut tx = store.begin_job().await.unwrap();
    let jobs = job::claim(&mut tx, lease, lease_seconds, 10).await.unwrap();
    tx.commit().await.unwrap();
    jobs
}

fn ready(job: &job::Job, faces: &[u8]) -> ReadPhoto {
    let face = |n: &u8| NewFace {
        face_id: FaceId::from_entropy(&id(*n)),
        face: Face {
            bounds: BoxPx { x: 1.0, y: 2.0, width: 3.0, height: 4.0 },
            landmarks: [PointPx { x: 1.0, y: 2.0 }; 5],
            confidence: 0.9,
            quality: Quality { size_px: 3.0, sharpness: 100.0, yaw: 0.1, embedding_norm: 8.0 },
        },
        embedding: Some(Embedding::normalised(&[3.0, 4.0]).unwrap()),
    };
    let faces = faces.iter().map(face).collect();
    let ready = ReadyPhoto {
        width_px: 640,
        height_px: 480,
        taken_at: None,
        camera: Some("X".to_owned()),
        private_parts: vec![1],
        faces,
    };
    ReadPhoto { job_id: job.job_id, photo_id: job.photo_id, outcome: Outcome::Ready(ready) }
}

async fn faces_after(store: &Store, event_id: EventId, version: i64) -> Vec<FaceId> {
    let mut found = Vec::new();
    store.gallery_faces(event_id, "open", version, i64::MAX, |face| found.push(face.face_id)).await.unwrap();
    found
}

#[sqlx::test(migrations = "../../migrations")]
async fn migrating_twice_is_migrating_once(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    store.migrate().await.unwrap();
    assert_eq!(store.migrations_missing().await.unwrap(), 0);
    store.ping().await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn events_of_one_name_get_slugs_of_their_own(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let (first, second) = (event(&store, 1).await, event(&store, 2).await);
    assert_eq!((first.slug.as_str(), second.slug.as_str()), ("gala", "gala-2"));
    let mut tx = store.begin().await.unwrap();
    assert_eq!(event::by_slug(&mut tx, &second.slug).await.unwrap().unwrap().event_id, second.event_id);
    let everything = event::Filter { worked_by: None, text: None, order: Order::Newest(None), limit: 10 };
    assert_eq!(event::list(&mut tx, &everything).await.unwrap().len(), 2);
    assert!(event::delete(&mut tx, first.event_id).await.unwrap());
    assert!(event::by_id(&mut tx, first.event_id).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_bytes_are_one_photo_per_event(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let (one, two) = (event(&store, 1).await.event_id, event(&store, 2).await.event_id);
    assert!(photo(&store, one, 1).await);
    assert!(!photo(&store, one, 1).await, "there already");
    assert!(photo(&store, two, 1).await, "another event has its own");
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        photo::counts(&mut tx, one).await.unwrap(),
        Counts { received: 1, waiting: 1, ..Counts::default() }
    );
    assert_eq!(job::open_count(&mut tx, Some(one)).await.unwrap(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_of_photos_follow_each_other(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    for n in 1..=5 {
        photo(&store, event_id, n).await;
    }
    let mut tx = store.begin().await.unwrap();
    let first = store::photo_list::list(&mut tx, event_id, &Filter::default(), None, 3).await.unwrap();
    let last = first.last().unwrap();
    let after = Cursor { uploaded_at: last.uploaded_at, photo_id: last.photo_id };
    let second =
        store::photo_list::list(&mut tx, event_id, &Filter::default(), Some(after), 3).await.unwrap();
    let all: Vec<PhotoId> = first.iter().chain(&second).map(|photo| photo.photo_id).collect();
    let newest_first: Vec<PhotoId> = (1..=5).rev().map(|n| PhotoId::from_entropy(&id(n))).collect();
    assert_eq!(all, newest_first);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_read_photo_is_ready_and_in_the_gallery(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    photo(&store, event_id, 1).await;
    photo(&store, event_id, 2).await;
    let jobs = claim(&store, LEASE, 60).await;
    assert_eq!(jobs.len(), 2);
    assert!(claim(&store, Uuid::from_u128(78), 60).await.is_empty(), "held jobs are not claimed again");
    let mut listener = store.listen().await.unwrap();
    let bad = Outcome::Failed { code: "truncated", detail: "cut off".to_owned(), private_parts: None };
    let photos = [ready(&jobs[0], &[1, 2]), ReadPhoto { outcome: bad, ..ready(&jobs[1], &[]) }];
    let batch =
        ReadBatch { event_id, pack: "open", thresholds: THRESHOLDS, lease_token: LEASE, photos: &photos };
    assert_eq!(store.finish_photos(&batch).await.unwrap(), 2);
    assert_eq!(listener.next().await.unwrap(), News::Event(event_id));
    let mut tx = store.begin().await.unwrap();
    let counts = photo::counts(&mut tx, event_id).await.unwrap();
    assert_eq!(counts, Counts { received: 2, ready: 1, failed: 1, faces: 2, ..Counts::default() });
    assert_eq!(job::open_count(&mut tx, None).await.unwrap(), 0);
    let failed = photo::by_id(&mut tx, event_id, jobs[1].photo_id).await.unwrap().unwrap();
    assert_eq!(failed.failure_code.as_deref(), Some("truncated"));
    assert_eq!(faces_after(&store, event_id, 0).await.len(), 2);
    assert!(faces_after(&store, event_id, 1).await.is_empty(), "nothing after the version that added them");
    let other = EventId::from_entropy(&id(9));
    assert!(faces_after(&store, other, 0).await.is_empty(), "another event sees nothing");
    // A second result for the same jobs changes nothing.
    assert_eq!(store.finish_photos(&batch).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_result_after_the_lease_was_taken_over_is_dropped(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    photo(&store, event_id, 1).await;
    let slow = claim(&store, LEASE, -1).await;
    let other_lease = Uuid::from_u128(78);
    let quick = claim(&store, other_lease, 60).await;
    assert_eq!((quick.len(), quick[0].attempts), (1, 2), "a lease that ran out is claimed anew");
    let late = [ready(&slow[0], &[1])];
    let batch =
        ReadBatch { event_id, pack: "open", thresholds: THRESHOLDS, lease_token: LEASE, photos: &late };
    assert_eq!(store.finish_photos(&batch).await.unwrap(), 0);
    let batch = ReadBatch { lease_token: other_lease, ..batch };
    assert_eq!(store.finish_photos(&batch).await.unwrap(), 1);
    assert_eq!(faces_after(&store, event_id, 0).await.len(), 1, "once, not twice");
}

#[sqlx::test(migrations = "../../migrations")]
async fn reading_again_replaces_the_faces_and_begins_an_epoch(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    photo(&store, event_id, 1).await;
    for (round, faces) in [(0, &[1, 2][..]), (1, &[3])] {
        let mut tx = store.begin().await.unwrap();
        job::enqueue_ingest(&mut tx, event_id, JobId::from_entropy(&id(9)), PhotoId::from_entropy(&id(1)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let jobs = claim(&store, LEASE, 60).await;
        let photos = [ready(&jobs[0], faces)];
        let batch =
            ReadBatch { event_id, pack: "open", thresholds: THRESHOLDS, lease_token: LEASE, photos: &photos };
        store.finish_photos(&batch).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(event::by_id(&mut tx, event_id).await.unwrap().unwrap().gallery_epoch, round);
        assert_eq!(faces_after(&store, event_id, 0).await.len(), faces.len());
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_job_is_retried_later_buried_and_revived(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    photo(&store, event_id, 1).await;
    let held = claim(&store, LEASE, 60).await[0];
    let mut tx = store.begin_job().await.unwrap();
    assert!(job::retry_later(&mut tx, &held, LEASE, 3600, "store is down").await.unwrap());
    assert!(!job::retry_later(&mut tx, &held, LEASE, 0, "twice").await.unwrap(), "the lease is gone");
    tx.commit().await.unwrap();
    assert!(claim(&store, LEASE, 60).await.is_empty(), "not due yet");
    sqlx::query("update job set run_at = now()").execute(&pool).await.unwrap();
    let held = claim(&store, LEASE, 60).await[0];
    let mut tx = store.begin_job().await.unwrap();
    assert!(job::bury(&mut tx, &held, LEASE, "hopeless").await.unwrap());
    assert_eq!(job::dead_count(&mut tx).await.unwrap(), 1);
    job::enqueue_ingest(&mut tx, event_id, JobId::from_entropy(&id(5)), held.photo_id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(&store, LEASE, 60).await[0].attempts, 1, "a revived job begins anew");
    let mut tx = store.begin_job().await.unwrap();
    assert_eq!(job::release_all(&mut tx).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(claim(&store, LEASE, 60).await.len(), 1, "a freed job can be claimed at once");
}
