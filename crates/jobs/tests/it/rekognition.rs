//! An event whose faces Amazon Rekognition keeps, from the upload to the last face that is deleted there. What stands for
//! Amazon speaks its protocol.

use std::sync::Arc;

use domain::{EventId, PhotoId, PhotoState, REKOGNITION_PACK};
use jobs::{ATTEMPTS_MAX, Worker};
use recognizer::{Recognizer, Rekognition, RekognitionSettings, ToRead};
use sqlx::PgPool;
use store::rekognition::{KeptElsewhere, Noted, Place, kept_elsewhere, note_sent};
use time::macros::date;

use crate::fake_server::{ACCESS_KEY_ID, FakeServer, Fault, photo_of};
use crate::{event, found_by, photo, upload, worker};

const ANN: usize = 0;
const BEA: usize = 1;
const HERE: Place<'static> = Place { region: "eu-west-1", collection_prefix: "findme-" };

async fn worker_of(pool: &PgPool, server: &FakeServer) -> Worker {
    worker_in(pool, server, HERE.region).await
}

async fn worker_in(pool: &PgPool, server: &FakeServer, region: &str) -> Worker {
    let mut settings =
        RekognitionSettings::new(region.to_owned(), ACCESS_KEY_ID.to_owned(), "secret".to_owned());
    settings.endpoint = Some(server.endpoint.clone());
    settings.first_pause = std::time::Duration::from_millis(5);
    let there = Rekognition::new(settings, REKOGNITION_PACK, None);
    Worker { recognizer: Recognizer::Rekognition(Arc::new(there)), ..worker(pool).await }
}

async fn found(worker: &Worker, event_id: EventId, person: usize) -> Vec<PhotoId> {
    let mut photos = found_by(worker, event_id, photo_of(&[person])).await;
    photos.sort();
    photos
}

async fn delete(worker: &Worker, event_id: EventId, photo_id: PhotoId) {
    let mut tx = worker.store.begin().await.unwrap();
    store::event::next_change(&mut tx, event_id).await.unwrap().unwrap();
    assert_eq!(store::photo_list::delete(&mut tx, event_id, &[photo_id]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

/// Lets all that is to be deleted there be due now.
async fn time_passes(pool: &PgPool) {
    sqlx::query("update rekognition_photo set purge_at = now() where purge_at is not null")
        .execute(pool)
        .await
        .unwrap();
}

async fn notes(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from rekognition_photo").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_uploaded_is_found_and_what_is_deleted_is_deleted_there(pool: PgPool) {
    let server = FakeServer::start().await;
    let worker = worker_of(&pool, &server).await;
    let event_id = event(&worker, REKOGNITION_PACK).await;
    let of_ann = upload(&worker, event_id, &photo_of(&[ANN]), true).await;
    let of_both = upload(&worker, event_id, &photo_of(&[BEA, ANN]), true).await;
    server.fail("IndexFaces", [Fault::Throttled, Fault::Broken]);
    assert_eq!(worker.run_until_idle().await.unwrap(), 2);
    let read = photo(&worker, event_id, of_both).await;
    assert_eq!((read.state, read.face_count), (PhotoState::Ready, 2));
    let mut both = vec![of_ann, of_both];
    both.sort();
    assert_eq!(found(&worker, event_id, ANN).await, both);
    assert_eq!(found(&worker, event_id, BEA).await, [of_both]);
    let same: i64 =
        sqlx::query_scalar("select count(*) from face where embedding is null and pack = 'rekognition'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(same, 3);

    delete(&worker, event_id, of_both).await;
    server.fail("DeleteFaces", [Fault::KeepsOne]);
    assert!(worker.purge_until_idle().await.is_err(), "one of the faces is still there");
    time_passes(&pool).await;
    worker.purge_until_idle().await.unwrap();
    let collection = format!("findme-{event_id}");
    assert_eq!(server.kept(&collection).unwrap(), [of_ann.to_string()]);
    assert_eq!(found(&worker, event_id, BEA).await, []);
    for _ in 0..2 {
        time_passes(&pool).await;
        worker.purge_until_idle().await.unwrap();
    }
    assert_eq!(notes(&pool).await, 1, "after three passes only what is wanted is noted");

    let mut tx = worker.store.begin().await.unwrap();
    assert!(store::event::delete(&mut tx, event_id).await.unwrap());
    tx.commit().await.unwrap();
    worker.purge_until_idle().await.unwrap();
    assert_eq!(server.collections(), Vec::<String>::new(), "nothing is left there");
    for _ in 0..2 {
        time_passes(&pool).await;
        worker.purge_until_idle().await.unwrap();
    }
    assert_eq!(notes(&pool).await, 0, "and nothing here");
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_killed_process_has_sent_counts_once(pool: PgPool) {
    let server = FakeServer::start().await;
    let worker = worker_of(&pool, &server).await;
    let event_id = event(&worker, REKOGNITION_PACK).await;
    let bytes = photo_of(&[ANN]);
    let photo_id = upload(&worker, event_id, &bytes, true).await;
    // As a worker does it that ends before it has written anything of it.
    let mut tx = worker.store.begin().await.unwrap();
    let before = note_sent(&mut tx, HERE, event_id, &[photo_id]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(before, [Noted { photo_id, before: false }]);
    let sent = vec![ToRead { photo_id, bytes, sent_before: false }];
    worker.recognizer.index(event_id, REKOGNITION_PACK, sent).await.unwrap().remove(0).unwrap();
    worker.run_until_idle().await.unwrap();
    assert_eq!(server.kept(&format!("findme-{event_id}")).unwrap().len(), 1);
    assert_eq!(found(&worker, event_id, ANN).await, [photo_id]);
    // The photo of another process that was killed goes before it is read.
    let gone = upload(&worker, event_id, &photo_of(&[BEA]), true).await;
    let mut tx = worker.store.begin().await.unwrap();
    note_sent(&mut tx, HERE, event_id, &[gone]).await.unwrap();
    tx.commit().await.unwrap();
    let sent = vec![ToRead { photo_id: gone, bytes: photo_of(&[BEA]), sent_before: false }];
    worker.recognizer.index(event_id, REKOGNITION_PACK, sent).await.unwrap().remove(0).unwrap();
    delete(&worker, event_id, gone).await;
    worker.purge_until_idle().await.unwrap();
    assert_eq!(server.kept(&format!("findme-{event_id}")).unwrap(), [photo_id.to_string()]);
}

/// What a worker notes that is about to send these photos.
async fn noted(worker: &Worker, event_id: EventId, photos: &[PhotoId]) -> Vec<Noted> {
    let mut tx = worker.store.begin().await.unwrap();
    let noted = note_sent(&mut tx, HERE, event_id, photos).await.unwrap();
    tx.commit().await.unwrap();
    noted
}

async fn to_purge(pool: &PgPool) -> i64 {
    let counted = "select count(*) from rekognition_photo where purge_at is not null";
    sqlx::query_scalar(counted).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_deleted_or_given_up_meanwhile_is_not_sent(pool: PgPool) {
    let server = FakeServer::start().await;
    let there = worker_of(&pool, &server).await;
    let event_id = event(&there, REKOGNITION_PACK).await;
    let stays = upload(&there, event_id, &photo_of(&[ANN]), true).await;
    let goes = upload(&there, event_id, &photo_of(&[BEA]), true).await;
    assert_eq!(noted(&there, event_id, &[stays, goes]).await.len(), 2);
    delete(&there, event_id, goes).await;
    assert_eq!(noted(&there, event_id, &[goes, stays]).await, [Noted { photo_id: stays, before: true }]);
    assert_eq!(to_purge(&pool).await, 1, "the photo that went is still to be deleted there");

    let here = Worker { entropy: there.entropy.clone(), ..worker(&pool).await };
    let other = event(&here, "fake").await;
    let photo_id = upload(&here, other, &recognizer::Fake::photo_of(&["ann"]), true).await;
    assert_eq!(noted(&here, other, &[photo_id]).await, [], "its faces are kept here");
    here.run_until_idle().await.unwrap();
    here.store.begin_reindex(other, REKOGNITION_PACK).await.unwrap();
    assert_eq!(noted(&here, other, &[photo_id]).await, [Noted { photo_id, before: false }]);
    assert!(here.store.cancel_reindex(other).await.unwrap());
    assert_eq!(noted(&here, other, &[photo_id]).await, []);
    assert_eq!(to_purge(&pool).await, 2, "nor does a worker that is late undo it");
    let mut tx = here.store.begin().await.unwrap();
    assert!(store::event::delete(&mut tx, event_id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(noted(&there, event_id, &[stays]).await, []);
    assert_eq!((to_purge(&pool).await, notes(&pool).await), (3, 3));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_on_which_it_fails_is_set_aside_and_the_others_are_sent_once(pool: PgPool) {
    let server = FakeServer::start().await;
    let worker = worker_of(&pool, &server).await;
    let event_id = event(&worker, REKOGNITION_PACK).await;
    let good = upload(&worker, event_id, &photo_of(&[ANN]), true).await;
    let bad = upload(&worker, event_id, &photo_of(&[BEA]), true).await;
    server.fail_on(&bad);
    worker.run_until_idle().await.unwrap();
    assert_eq!(photo(&worker, event_id, good).await.state, PhotoState::Ready);
    assert_eq!(photo(&worker, event_id, bad).await.state, PhotoState::Waiting);
    let sent = server.calls("IndexFaces");
    for _ in 1..ATTEMPTS_MAX {
        sqlx::query("update job set run_at = now() where state = 'waiting'").execute(&pool).await.unwrap();
        worker.run_until_idle().await.unwrap();
    }
    let failed = photo(&worker, event_id, bad).await;
    assert_eq!((failed.state, failed.failure_code.as_deref()), (PhotoState::Failed, Some("internal")));
    let again = server.calls("IndexFaces") - sent;
    assert_eq!(again, 6 * usize::try_from(ATTEMPTS_MAX - 1).unwrap(), "only that one, six tries each");
    assert_eq!(server.kept(&format!("findme-{event_id}")).unwrap(), [good.to_string()]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_kept_in_another_region_waits_until_that_is_set_again(pool: PgPool) {
    let server = FakeServer::start().await;
    let worker = worker_of(&pool, &server).await;
    let event_id = event(&worker, REKOGNITION_PACK).await;
    let photo_id = upload(&worker, event_id, &photo_of(&[ANN]), true).await;
    worker.run_until_idle().await.unwrap();
    delete(&worker, event_id, photo_id).await;
    let (empty, there) = (FakeServer::start().await, "us-east-1");
    worker_in(&pool, &empty, there).await.purge_until_idle().await.unwrap();
    assert_eq!((empty.calls("ListFaces"), to_purge(&pool).await), (0, 1), "it is not looked for there");
    let mut tx = worker.store.begin().await.unwrap();
    let other = Place { region: there, ..HERE };
    let elsewhere = kept_elsewhere(&mut tx, other).await.unwrap();
    let (region, collection_prefix) = (HERE.region.to_owned(), HERE.collection_prefix.to_owned());
    assert_eq!(elsewhere, [KeptElsewhere { region, collection_prefix, photos: 1 }]);
    assert_eq!(kept_elsewhere(&mut tx, HERE).await.unwrap(), []);
    drop(tx);
    worker.purge_until_idle().await.unwrap();
    assert_eq!(server.kept(&format!("findme-{event_id}")).unwrap(), Vec::<String>::new());
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_outage_fails_no_photo_and_calls_are_counted(pool: PgPool) {
    let server = FakeServer::start().await;
    let worker = worker_of(&pool, &server).await;
    let event_id = event(&worker, REKOGNITION_PACK).await;
    let photo_id = upload(&worker, event_id, &photo_of(&[ANN]), true).await;
    server.fail("IndexFaces", [Fault::Denied]);
    worker.run_until_idle().await.unwrap();
    let waits = photo(&worker, event_id, photo_id).await;
    assert_eq!(waits.state, PhotoState::Waiting);
    sqlx::query("update job set run_at = now()").execute(&pool).await.unwrap();
    worker.run_until_idle().await.unwrap();
    assert_eq!(found(&worker, event_id, ANN).await, [photo_id]);
    worker.purge_until_idle().await.unwrap();
    let mut tx = worker.store.begin().await.unwrap();
    let calls = store::rekognition::calls_since(&mut tx, date!(1970 - 01 - 01)).await.unwrap();
    assert_eq!(recognizer::Operation::paid_among(&calls), 3, "a photo, and a selfie twice: {calls:?}");
    assert_eq!(store::rekognition::calls_since(&mut tx, date!(1970 - 01 - 02)).await.unwrap(), []);
}
