//! An event gets another model pack while its old index answers.

use std::time::Duration;

use blobs::BlobKey;
use domain::{EventId, FaceId, JobId, PhotoId, PhotoState, Rendition};
use jobs::{ATTEMPTS_MAX, Worker};
use recognizer::Fake;
use sqlx::PgPool;
use store::StoreError;
use store::bulk::{NewFace, Outcome, ReadBatch, ReadPhoto, ReadyPhoto};
use store::event::Event;
use store::job::Kind;
use store::reindex::{Begun, NewFaces, NewIndex, Progress};
use uuid::Uuid;

use crate::{event, forbid_faces, found, photo, upload, worker};

const OLD: &str = Fake::PACK_NAME;
const NEW: &str = Fake::OTHER_PACK_NAME;

async fn begin(worker: &Worker, event_id: EventId) -> Begun {
    worker.store.begin_reindex(event_id, NEW).await.unwrap()
}

async fn row(worker: &Worker, event_id: EventId) -> Event {
    let mut tx = worker.store.begin().await.unwrap();
    store::event::by_id(&mut tx, event_id).await.unwrap().unwrap()
}

async fn progress(worker: &Worker, event_id: EventId) -> Option<Progress> {
    let mut tx = worker.store.begin().await.unwrap();
    store::reindex::progress_of(&mut tx, &[event_id]).await.unwrap().pop().unwrap()
}

fn running(done: i64, total: i64, failed: i64) -> Progress {
    Progress { pack: NEW.to_owned(), done, total, failed }
}

/// Faces of the pack in the database.
async fn faces(pool: &PgPool, pack: &str) -> i64 {
    let counted = sqlx::query_scalar("select count(*) from face where pack = $1").bind(pack);
    counted.fetch_one(pool).await.unwrap()
}

/// Lets no job be due.
async fn hold_all(pool: &PgPool) {
    sqlx::query("update job set run_at = now() + interval '1 hour'").execute(pool).await.unwrap();
}

async fn release_all(pool: &PgPool) {
    sqlx::query("update job set run_at = now()").execute(pool).await.unwrap();
}

/// Lets one job be due.
async fn release_one(pool: &PgPool) {
    let one = "update job set run_at = now() where job_id = (select job_id from job order by job_id limit 1)";
    sqlx::query(one).execute(pool).await.unwrap();
}

async fn sorted(worker: &Worker, event_id: EventId, name: &str) -> Vec<PhotoId> {
    let mut photos = found(worker, event_id, name).await;
    photos.sort();
    photos
}

/// An event with `count` photos of Ann, each with somebody else too, that are read.
async fn gala(worker: &Worker, count: usize) -> (EventId, Vec<PhotoId>) {
    let event_id = event(worker, OLD).await;
    let mut photos = Vec::new();
    for n in 0..count {
        photos.push(upload(worker, event_id, &Fake::photo_of(&["ann", &format!("friend{n}")]), true).await);
    }
    worker.run_until_idle().await.unwrap();
    photos.sort();
    (event_id, photos)
}

/// The event has switched, once, and nothing of the old pack is left.
async fn check_switched(pool: &PgPool, worker: &Worker, before: &Event, faces_expected: i64) {
    let now = row(worker, before.event_id).await;
    assert_eq!((now.pack.as_str(), now.reindex_pack), (NEW, None));
    assert_eq!(now.gallery_epoch, before.gallery_epoch + 1, "exactly once");
    assert_eq!((faces(pool, OLD).await, faces(pool, NEW).await), (0, faces_expected));
    assert_eq!(progress(worker, before.event_id).await, None);
    let jobs: i64 = sqlx::query_scalar("select count(*) from job").fetch_one(pool).await.unwrap();
    assert_eq!(jobs, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_old_index_answers_until_the_new_one_does(pool: PgPool) {
    let here = worker(&pool).await;
    let (event_id, of_ann) = gala(&here, 4).await;
    let (other, of_ann_elsewhere) = gala(&here, 1).await;
    assert_eq!(found(&here, other, "ann").await, of_ann_elsewhere);
    let before = row(&here, event_id).await;
    assert_eq!(begin(&here, event_id).await, Begun::Begun);
    hold_all(&pool).await;
    for done in 0..4 {
        assert_eq!(progress(&here, event_id).await, Some(running(done, 4, 0)));
        // A process that has just begun has no gallery yet; one that runs has an old one.
        let elsewhere = worker(&pool).await;
        for worker in [&here, &elsewhere] {
            assert_eq!(sorted(worker, event_id, "ann").await, of_ann, "after {done} photos");
            assert_eq!(found(worker, event_id, "friend2").await.len(), 1, "after {done} photos");
            assert!(found(worker, event_id, "nobody").await.is_empty());
        }
        let now = row(&here, event_id).await;
        assert_eq!(
            (now.pack.as_str(), now.gallery_version, now.gallery_epoch),
            (OLD, before.gallery_version, before.gallery_epoch)
        );
        assert_eq!(photo(&here, event_id, of_ann[0]).await.face_count, 2);
        release_one(&pool).await;
        assert_eq!(here.run_until_idle().await.unwrap(), 1);
    }
    assert_eq!(
        (row(&here, other).await.pack.as_str(), faces(&pool, OLD).await),
        (OLD, 2),
        "not the other event"
    );
    sqlx::query("delete from face where pack = $1").bind(OLD).execute(&pool).await.unwrap();
    check_switched(&pool, &here, &before, 8).await;
    for worker in [&here, &worker(&pool).await] {
        assert_eq!(sorted(worker, event_id, "ann").await, of_ann);
        assert_eq!(found(worker, event_id, "friend2").await.len(), 1);
        assert!(found(worker, event_id, "nobody").await.is_empty());
    }
    assert_eq!(found(&here, other, "ann").await, of_ann_elsewhere, "from memory");
    assert_eq!(photo(&here, event_id, of_ann[0]).await.face_count, 2);
    assert_eq!(begin(&here, event_id).await, Begun::SamePack);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_without_photos_switches_at_once(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, OLD).await;
    let before = row(&worker, event_id).await;
    assert_eq!(begin(&worker, event_id).await, Begun::Begun);
    check_switched(&pool, &worker, &before, 0).await;
    assert_eq!(worker.store.begin_reindex(EventId(Uuid::nil()), NEW).await.unwrap(), Begun::NoEvent);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_comes_meanwhile_is_read_first_and_is_in_both_indexes(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, _) = gala(&worker, 2).await;
    let before = row(&worker, event_id).await;
    begin(&worker, event_id).await;
    let dora = upload(&worker, event_id, &Fake::photo_of(&["dora"]), true).await;
    let unreadable = upload(&worker, event_id, &Fake::photo_of(&["damaged"]), true).await;
    let lease = Uuid::from_u128(5);
    let mut tx = worker.store.begin_job().await.unwrap();
    let first = store::job::claim(&mut tx, lease, 60, 2).await.unwrap();
    assert!(first.iter().all(|job| job.kind == Kind::IngestPhoto), "new photos are read first: {first:?}");
    drop(tx);
    sqlx::query("update job set run_at = now() + interval '1 hour' where kind = 'reindex_photo'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(worker.run_until_idle().await.unwrap(), 3, "two that came, and one of them again");
    assert_eq!(progress(&worker, event_id).await, Some(running(1, 3, 0)), "the damaged one does not count");
    assert_eq!(found(&worker, event_id, "dora").await, [dora]);
    assert_eq!(row(&worker, event_id).await.pack, OLD);
    release_all(&pool).await;
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &before, 5).await;
    assert_eq!(found(&worker, event_id, "dora").await, [dora]);
    assert_eq!(photo(&worker, event_id, unreadable).await.state, PhotoState::Failed);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_read_for_the_old_index_when_the_event_switched_is_read_again(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, _) = gala(&worker, 1).await;
    let late = upload(&worker, event_id, &Fake::photo_of(&["late"]), true).await;
    let lease = Uuid::from_u128(5);
    let mut tx = worker.store.begin_job().await.unwrap();
    let job = store::job::claim(&mut tx, lease, 60, 1).await.unwrap()[0];
    tx.commit().await.unwrap();
    let before = row(&worker, event_id).await;
    begin(&worker, event_id).await;
    worker.run_until_idle().await.unwrap();
    assert_eq!(row(&worker, event_id).await.pack, NEW, "nobody waits for a photo that is not ready");
    let outcome = Outcome::Ready(ReadyPhoto {
        width_px: 640,
        height_px: 480,
        taken_at: None,
        camera: None,
        private_parts: vec![1],
        faces: faces_of(&worker, OLD, "late").await,
    });
    let photos = [ReadPhoto { job_id: job.job_id, photo_id: late, outcome }];
    let batch = ReadBatch {
        event_id,
        pack: OLD,
        thresholds: worker.recognizer.thresholds(OLD).unwrap(),
        lease_token: lease,
        photos: &photos,
    };
    let refused = worker.store.finish_photos(&batch).await;
    assert!(matches!(refused, Err(StoreError::OtherPack)), "{refused:?}");
    sqlx::query("update job set lease_until = now()").execute(&pool).await.unwrap();
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &before, 3).await;
    assert_eq!(found(&worker, event_id, "late").await, [late]);
}

async fn faces_of(worker: &Worker, pack: &str, name: &str) -> Vec<NewFace> {
    let read = crate::read(worker, pack, name).await;
    let with_id = |found: recognizer::ReadFace| NewFace {
        face_id: FaceId::from_entropy(&worker.entropy),
        face: found.face,
        embedding: found.embedding,
    };
    read.faces.into_iter().map(with_id).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_given_up_leaves_nothing_and_can_begin_again(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 3).await;
    let before = row(&worker, event_id).await;
    assert!(!worker.store.cancel_reindex(event_id).await.unwrap(), "nothing runs");
    begin(&worker, event_id).await;
    hold_all(&pool).await;
    release_one(&pool).await;
    worker.run_until_idle().await.unwrap();
    assert_eq!(faces(&pool, NEW).await, 2);
    // One is under way when it is given up.
    release_one(&pool).await;
    let lease = Uuid::from_u128(5);
    let mut tx = worker.store.begin_job().await.unwrap();
    let job = store::job::claim(&mut tx, lease, 60, 1).await.unwrap()[0];
    tx.commit().await.unwrap();
    assert!(worker.store.cancel_reindex(event_id).await.unwrap());
    let late =
        [NewFaces { job_id: job.job_id, photo_id: job.photo_id, faces: faces_of(&worker, NEW, "ann").await }];
    let thresholds = worker.recognizer.thresholds(NEW).unwrap();
    let index = NewIndex { event_id, pack: NEW, thresholds, lease_token: lease, photos: &late };
    assert_eq!(worker.store.finish_reindexed(&index).await.unwrap(), 0, "nobody wants it any more");
    assert_eq!((faces(&pool, OLD).await, faces(&pool, NEW).await), (6, 0));
    let now = row(&worker, event_id).await;
    assert_eq!((now.pack.as_str(), now.reindex_pack, now.gallery_epoch), (OLD, None, before.gallery_epoch));
    assert_eq!(worker.run_until_idle().await.unwrap(), 0, "no job is left");
    assert_eq!(sorted(&worker, event_id, "ann").await, of_ann);
    assert_eq!(begin(&worker, event_id).await, Begun::Begun);
    assert_eq!(worker.store.finish_reindexed(&index).await.unwrap(), 0, "the lease was of the one before");
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &before, 6).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_worker_that_dies_in_the_middle_costs_time_only(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 12).await;
    let before = row(&worker, event_id).await;
    begin(&worker, event_id).await;
    let (mut small, mut interrupted) = (worker.clone(), 0);
    (small.settings.batch, small.settings.batches_at_once) = (2, 2);
    for round in 0..40 {
        let dies = small.clone();
        let working = tokio::spawn(async move { dies.run_until_idle().await });
        tokio::time::sleep(Duration::from_millis(round % 8)).await;
        working.abort();
        interrupted += usize::from(working.await.is_err());
        if row(&worker, event_id).await.pack == NEW {
            break;
        }
        assert_eq!(sorted(&worker, event_id, "ann").await, of_ann, "round {round}");
        // As time passes, its leases run out.
        sqlx::query("update job set lease_until = now(), attempts = 0").execute(&pool).await.unwrap();
    }
    assert!(interrupted > 0, "no worker died");
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &before, 24).await;
    assert_eq!(sorted(&worker, event_id, "ann").await, of_ann);
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_workers_at_once_switch_once(pool: PgPool) {
    let one = worker(&pool).await;
    for round in 0..5 {
        let (event_id, of_ann) = gala(&one, 6).await;
        let before = row(&one, event_id).await;
        begin(&one, event_id).await;
        let mut two = worker(&pool).await;
        two.blobs = one.blobs.clone();
        two.entropy = one.entropy.clone();
        let mut first = one.clone();
        for worker in [&mut first, &mut two] {
            (worker.settings.batch, worker.settings.batches_at_once) = (1, 2);
        }
        let (a, b) = tokio::join!(first.run_until_idle(), two.run_until_idle());
        assert_eq!(a.unwrap() + b.unwrap(), 6, "each photo once");
        check_switched(&pool, &one, &before, 12 * (round + 1)).await;
        assert_eq!(sorted(&two, event_id, "ann").await, of_ann);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_that_were_tried_too_often_are_shown_and_tried_again_when_asked(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 2).await;
    let before = row(&worker, event_id).await;
    begin(&worker, event_id).await;
    assert_eq!(begin(&worker, event_id).await, Begun::Running, "nothing was tried too often");
    forbid_faces(&pool).await;
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(progress(&worker, event_id).await, Some(running(0, 2, 0)));
        release_all(&pool).await;
        worker.run_until_idle().await.unwrap();
    }
    release_all(&pool).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 0, "what is dead is not tried");
    assert_eq!(progress(&worker, event_id).await, Some(running(0, 2, 2)));
    assert_eq!(sorted(&worker, event_id, "ann").await, of_ann, "the old index answers");
    assert_eq!(photo(&worker, event_id, of_ann[0]).await.state, PhotoState::Ready);
    sqlx::query("drop trigger refuse on face").execute(&pool).await.unwrap();
    assert_eq!(begin(&worker, event_id).await, Begun::Revived);
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &before, 4).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_is_deleted_meanwhile_holds_nobody_up(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 2).await;
    let before = row(&worker, event_id).await;
    begin(&worker, event_id).await;
    hold_all(&pool).await;
    release_one(&pool).await;
    worker.run_until_idle().await.unwrap();
    let last = "delete from photo where photo_id = $1";
    sqlx::query(last).bind(of_ann[1].0).execute(&pool).await.unwrap();
    assert_eq!(worker.store.switch_left_over().await.unwrap(), 1);
    check_switched(&pool, &worker, &before, 2).await;
    assert_eq!(worker.store.switch_left_over().await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_is_read_again_meanwhile_is_so_in_both_indexes(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 3).await;
    begin(&worker, event_id).await;
    hold_all(&pool).await;
    release_one(&pool).await;
    worker.run_until_idle().await.unwrap();
    // The first has its faces of the new pack, the second has not, the third will not be readable any more.
    let sha256 = photo(&worker, event_id, of_ann[2]).await.sha256;
    let lost = BlobKey::new(event_id, sha256, Rendition::Original);
    worker.blobs.delete(&lost).await.unwrap();
    for photo_id in &of_ann {
        let mut tx = worker.store.begin().await.unwrap();
        let job_id = JobId::from_entropy(&worker.entropy);
        store::job::enqueue_ingest(&mut tx, event_id, job_id, *photo_id).await.unwrap();
        tx.commit().await.unwrap();
    }
    sqlx::query("update job set run_at = now() + interval '1 hour' where kind = 'reindex_photo'")
        .execute(&pool)
        .await
        .unwrap();
    let before = row(&worker, event_id).await;
    worker.run_until_idle().await.unwrap();
    assert_eq!(sorted(&worker, event_id, "ann").await, of_ann[..2]);
    assert_eq!(progress(&worker, event_id).await, Some(running(1, 2, 0)), "the first was read again at once");
    assert_eq!((faces(&pool, OLD).await, faces(&pool, NEW).await), (4, 2));
    let read_again = row(&worker, event_id).await;
    assert!(read_again.gallery_epoch > before.gallery_epoch);
    release_all(&pool).await;
    worker.run_until_idle().await.unwrap();
    check_switched(&pool, &worker, &read_again, 4).await;
    assert_eq!(sorted(&worker, event_id, "ann").await, of_ann[..2]);
    assert_eq!(photo(&worker, event_id, of_ann[2]).await.state, PhotoState::Failed);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_cannot_be_read_anew_has_no_faces_and_holds_nobody_up(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 3).await;
    let before = row(&worker, event_id).await;
    let mut original = Vec::new();
    for photo_id in &of_ann {
        let sha256 = photo(&worker, event_id, *photo_id).await.sha256;
        original.push(BlobKey::new(event_id, sha256, Rendition::Original));
    }
    worker.blobs.put(&original[0], Fake::photo_of(&["damaged"])).await.unwrap();
    worker.blobs.delete(&original[1]).await.unwrap();
    let changes_before = photo(&worker, event_id, of_ann[2]).await.change;
    begin(&worker, event_id).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 3);
    check_switched(&pool, &worker, &before, 2).await;
    assert_eq!(found(&worker, event_id, "ann").await, [of_ann[2]]);
    for (photo_id, faces) in of_ann.iter().zip([0, 0, 2]) {
        let photo = photo(&worker, event_id, *photo_id).await;
        assert_eq!((photo.state, photo.face_count), (PhotoState::Ready, faces));
        assert_eq!(photo.change > changes_before, faces == 0, "whoever watches is told what changed");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_pack_that_is_not_here_waits_for_a_worker_that_has_it(pool: PgPool) {
    let worker = worker(&pool).await;
    let (event_id, of_ann) = gala(&worker, 1).await;
    assert_eq!(worker.store.begin_reindex(event_id, "elsewhere").await.unwrap(), Begun::Begun);
    assert_eq!(begin(&worker, event_id).await, Begun::Running, "one at a time");
    for _ in 0..2 * ATTEMPTS_MAX {
        assert_eq!(worker.run_until_idle().await.unwrap(), 0);
        release_all(&pool).await;
    }
    let progress = progress(&worker, event_id).await.unwrap();
    assert_eq!((progress.pack.as_str(), progress.done, progress.failed), ("elsewhere", 0, 0));
    assert_eq!(found(&worker, event_id, "ann").await, of_ann);
}
