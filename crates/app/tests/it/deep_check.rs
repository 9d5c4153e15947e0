//! `findme doctor --deep` over every kind of store: an installation is damaged in each way there is.

use std::sync::Mutex;

use app::commands::doctor::deep::{DeepCheck, Summary};
use blobs::{BlobKey, Blobs, ImageKey, PartKey, Settings};
use bytes::Bytes;
use domain::{Clock, Digest, Entropy, EventId, EventName, PhotoId, Rendition};
use indicatif::ProgressBar;
use sqlx::PgPool;
use store::Store;
use store::event::NewEvent;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::s3_server;

const ALL: [Rendition; 3] = [Rendition::Original, Rendition::Preview, Rendition::Thumb];

/// An installation of its own, and what the check said.
struct Place<'a> {
    pool: &'a PgPool,
    store: Store,
    blobs: Blobs,
}

/// Enough for different ids: the counter, sixteen times.
fn entropy() -> Entropy {
    let next = std::sync::atomic::AtomicU64::new(1);
    Entropy::new(move |bytes| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(number.iter().cycle()).for_each(|(byte, from)| *byte = *from);
    })
}

fn now() -> OffsetDateTime {
    // A file written now tells the time without asking a clock.
    tempfile::tempfile().unwrap().metadata().unwrap().modified().unwrap().into()
}

fn name_of(photo: u8) -> String {
    format!("DSC_{photo}.jpg")
}

impl Place<'_> {
    /// A blob of a photo that was deleted: a worker will delete it.
    async fn purge_of_a_photo(&self, event_id: EventId, n: u8) {
        self.blobs.put(&original(event_id, n), Bytes::from(vec![n])).await.unwrap();
        sqlx::query(
            "insert into photo_purge (event_id, sha256, run_at) values ($1, $2, now() + interval '1 day')",
        )
        .bind(event_id.0)
        .bind(Digest::of(&[n]).0.as_slice())
        .execute(self.pool)
        .await
        .unwrap();
    }

    /// An image in the store; the event's logo, or nobody's.
    async fn image(&self, event_id: EventId, n: u8, is_logo: bool) {
        let sha256 = Digest::of(&[n]);
        self.blobs.put_image(&ImageKey::new(event_id, sha256), Bytes::from(vec![n])).await.unwrap();
        if is_logo {
            let (kind, media_type) = (store::event_image::Kind::Logo, "image/png".to_owned());
            let image =
                store::event_image::Image { event_id, kind, sha256, media_type, width_px: 1, height_px: 1 };
            let mut tx = self.store.begin().await.unwrap();
            store::event_image::put(&mut tx, &image).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn event(&self, n: u8) -> EventId {
        let mut tx = self.store.begin().await.unwrap();
        let name = EventName::parse(&format!("Gala {n}")).unwrap();
        let event_id = EventId::from_entropy(&Entropy::fixed(n));
        let new = NewEvent {
            event_id,
            name: &name,
            held_on: None,
            pack: "open",
            created_by: None,
            created_at: now(),
        };
        store::event::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        event_id
    }

    /// A photo that was read, with all its files; its original's bytes are its number, its id is made of it.
    async fn photo(&self, event_id: EventId, n: u8) -> BlobKey {
        let mut digest = [0; 32];
        digest.copy_from_slice(&Digest::of(&[n]).0);
        sqlx::query(
            "insert into photo (event_id, photo_id, sha256, file_name, media_type, size_bytes, state, uploaded_at) \
             values ($1, $2, $3, $4, 'image/jpeg', 1, 'ready', now())",
        )
        .bind(event_id.0)
        .bind(PhotoId::from_entropy(&Entropy::fixed(n)).0)
        .bind(digest.as_slice())
        .bind(name_of(n))
        .execute(self.pool)
        .await
        .unwrap();
        for rendition in ALL {
            let key = BlobKey::new(event_id, Digest::of(&[n]), rendition);
            self.blobs.put(&key, Bytes::from(vec![n])).await.unwrap();
        }
        original(event_id, n)
    }

    async fn set(&self, n: u8, change: &'static str) {
        let done = sqlx::query(sqlx::AssertSqlSafe(format!("update photo set {change} where photo_id = $1")))
            .bind(PhotoId::from_entropy(&Entropy::fixed(n)).0)
            .execute(self.pool)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    }

    async fn face(&self, event_id: EventId, n: u8) {
        sqlx::query(
            "insert into face (event_id, photo_id, face_id, gallery_version, pack, x_px, y_px, width_px, height_px, \
             landmarks_px, confidence, size_px, sharpness, yaw, embedding_norm, embedding) \
             values ($1, $2, gen_random_uuid(), 0, 'open', 0, 0, 1, 1, array[0,0,0,0,0,0,0,0,0,0], 1, 1, 1, 0, 1, '')",
        )
        .bind(event_id.0)
        .bind(PhotoId::from_entropy(&Entropy::fixed(n)).0)
        .execute(self.pool)
        .await
        .unwrap();
    }

    async fn upload(&self, event_id: EventId, upload_id: Uuid) {
        sqlx::query(
            "insert into upload (event_id, upload_id, file_name, metadata, size_bytes, expires_at) \
             values ($1, $2, 'a.jpg', '', 100, now() + interval '1 day')",
        )
        .bind(event_id.0)
        .bind(upload_id)
        .execute(self.pool)
        .await
        .unwrap();
        self.part(event_id, upload_id).await;
    }

    async fn part(&self, event_id: EventId, upload_id: Uuid) {
        let key = PartKey::new(event_id, upload_id, Uuid::from_u128(1));
        self.blobs.put_part(&key, Bytes::from_static(b"part")).await.unwrap();
    }

    /// State and failure code of a photo, and whether a job will read it.
    async fn row(&self, n: u8) -> (String, Option<String>, bool) {
        sqlx::query_as(
            "select state, failure_code, exists (select from job where job.photo_id = photo.photo_id and \
             job.state = 'waiting') from photo where photo_id = $1",
        )
        .bind(PhotoId::from_entropy(&Entropy::fixed(n)).0)
        .fetch_one(self.pool)
        .await
        .unwrap()
    }

    async fn has(&self, key: &BlobKey) -> bool {
        self.blobs.info(key).await.unwrap().is_some()
    }

    /// Checks as of `later` than now. Returns what it said, line by line.
    async fn check(&self, later: Duration, dry_run: bool) -> anyhow::Result<(Summary, String)> {
        let said = Mutex::new(String::new());
        let (clock, entropy) = (Clock::fixed(now() + later), entropy());
        let say = |line: &str| {
            let mut said = said.lock().unwrap();
            said.push_str(line);
            said.push('\n');
        };
        let check = DeepCheck {
            store: &self.store,
            blobs: &self.blobs,
            clock: &clock,
            entropy: &entropy,
            dry_run,
            say: &say,
        };
        let summary = check.run(&ProgressBar::hidden()).await?;
        Ok((summary, said.into_inner().unwrap()))
    }
}

fn original(event_id: EventId, n: u8) -> BlobKey {
    BlobKey::new(event_id, Digest::of(&[n]), Rendition::Original)
}

/// Damages an installation in every way. Returns its events: one that is damaged, one that somebody uploads to, one
/// that a worker is about to delete, one that nobody knows.
async fn damage(place: &Place<'_>) -> [EventId; 4] {
    let [damaged, busy] = [place.event(101).await, place.event(102).await];
    for n in 1..=12 {
        place.photo(damaged, n).await;
    }
    place.blobs.delete(&original(damaged, 2)).await.unwrap();
    place.face(damaged, 2).await;
    place.set(2, "face_count = 1").await;
    place.blobs.put(&original(damaged, 3), Bytes::from_static(b"longer")).await.unwrap();
    place.blobs.put(&original(damaged, 4), Bytes::from_static(b"x")).await.unwrap();
    for (n, rendition) in [(5, Rendition::Thumb), (6, Rendition::Preview)] {
        place.blobs.delete(&BlobKey::new(damaged, Digest::of(&[n]), rendition)).await.unwrap();
    }
    place.set(7, "state = 'waiting'").await;
    place.face(damaged, 8).await;
    place.set(9, "state = 'failed', failure_code = 'original_missing'").await;
    place.set(10, "state = 'failed', failure_code = 'truncated'").await;
    place.set(11, "state = 'failed', failure_code = 'original_missing'").await;
    place.blobs.delete(&original(damaged, 11)).await.unwrap();
    place.photo(busy, 20).await;
    for (event_id, n) in [(damaged, 30), (busy, 31)] {
        place.blobs.put(&original(event_id, n), Bytes::from(vec![n])).await.unwrap();
    }
    let thumb = BlobKey::new(damaged, Digest::of(&[32]), Rendition::Thumb);
    place.blobs.put(&thumb, Bytes::from_static(b"thumb")).await.unwrap();
    place.part(damaged, Uuid::from_u128(40)).await;
    place.upload(busy, Uuid::from_u128(41)).await;
    place.purge_of_a_photo(damaged, 33).await;
    place.image(damaged, 34, true).await;
    place.image(damaged, 35, false).await;
    let [purged, unknown] = [103, 104].map(|n| EventId::from_entropy(&Entropy::fixed(n)));
    sqlx::query("insert into purge (event_id, run_at) values ($1, now() + interval '1 day')")
        .bind(purged.0)
        .execute(place.pool)
        .await
        .unwrap();
    for event_id in [purged, unknown] {
        place.blobs.put(&original(event_id, 50), Bytes::from_static(b"x")).await.unwrap();
        place.part(event_id, Uuid::from_u128(42)).await;
    }
    [damaged, busy, purged, unknown]
}

async fn every_damage_is_found_and_repaired(pool: &PgPool, settings: &Settings) {
    let store = store::testing::store(pool).await;
    let place = Place { pool, store, blobs: Blobs::open(settings).unwrap() };
    let [damaged, busy, purged, unknown] = damage(&place).await;
    let later = Duration::hours(2);

    let (dry, said) = place.check(later, true).await.unwrap();
    assert_eq!((dry.lost, dry.troubles, dry.repaired, dry.is_well()), (3, 0, 10, false), "{said}");
    assert_eq!(place.row(2).await, ("ready".to_owned(), None, false), "a dry run changes nothing");
    assert!(place.has(&original(damaged, 30)).await && place.has(&original(unknown, 50)).await);

    let (done, said) = place.check(later, false).await.unwrap();
    assert_eq!((done.lost, done.troubles, done.repaired, done.is_well()), (3, 0, 10, false), "{said}");
    for (n, code) in [(2, "original_missing"), (3, "original_damaged"), (4, "original_damaged")] {
        assert_eq!(place.row(n).await, ("failed".to_owned(), Some(code.to_owned()), false), "{n}");
        let named = format!("{} (photo {}", name_of(n), PhotoId::from_entropy(&Entropy::fixed(n)));
        assert!(said.contains(&named), "{n}: {said}");
    }
    for (n, state) in [(5, "ready"), (6, "ready"), (7, "waiting"), (8, "ready"), (9, "waiting")] {
        assert_eq!(place.row(n).await, (state.to_owned(), None, true), "{n}");
    }
    for n in [1, 12, 20] {
        assert_eq!(place.row(n).await, ("ready".to_owned(), None, false), "{n} was well");
    }
    let failed = |code: &str| ("failed".to_owned(), Some(code.to_owned()), false);
    assert_eq!([place.row(10).await, place.row(11).await], [failed("truncated"), failed("original_missing")]);
    assert!(said.contains("1 photos had lost their original before"), "{said}");
    assert!(!place.has(&original(damaged, 30)).await, "an original of no photo goes");
    assert!(place.has(&original(damaged, 33)).await, "unless it is a worker's to delete");
    let images = [34, 35].map(|n| ImageKey::new(damaged, Digest::of(&[n])));
    let [logo, stray] = images.each_ref().map(|key| place.blobs.image(key));
    assert!(logo.await.unwrap().is_some() && stray.await.unwrap().is_none(), "{said}");
    assert!(place.has(&original(busy, 31)).await, "or somebody may be about to write its row");
    assert!(said.contains("left alone while uploads are unfinished"), "{said}");
    assert_eq!(place.blobs.delete_upload(damaged, Uuid::from_u128(40)).await.unwrap(), 0);
    assert!(place.blobs.list_event(unknown).await.unwrap().is_empty());
    assert_eq!(place.blobs.list_event(purged).await.unwrap().len(), 2, "that is a worker's to delete");
    let (faces, epoch): (i64, i64) = sqlx::query_as(
        "select (select count(*) from face where face_count = 0), gallery_epoch from event, photo \
             where event.event_id = $1 and photo.photo_id = $2",
    )
    .bind(damaged.0)
    .bind(PhotoId::from_entropy(&Entropy::fixed(2)).0)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!((faces, epoch), (1, 1), "only the lost photo's face has left the gallery");

    let (again, said) = place.check(later, false).await.unwrap();
    assert_eq!((again.lost, again.troubles, again.repaired), (0, 0, 0), "{said}");
    assert!(again.is_well() && said.contains("All is well."), "{said}");
    assert_eq!(place.blobs.delete_upload(busy, Uuid::from_u128(41)).await.unwrap(), 1, "its upload is known");
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_damage_in_memory(pool: PgPool) {
    every_damage_is_found_and_repaired(&pool, &Settings::Memory).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_damage_in_a_folder(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    every_damage_is_found_and_repaired(&pool, &Settings::Folder(folder.path().to_owned())).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_damage_in_s3(pool: PgPool) {
    let server = s3_server::start().await;
    every_damage_is_found_and_repaired(&pool, &Settings::S3(server.settings("right-secret"))).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_young_is_left_alone(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let place = Place { pool: &pool, store, blobs: Blobs::open(&Settings::Memory).unwrap() };
    let event = place.event(101).await;
    place.photo(event, 1).await;
    place.blobs.put(&original(event, 30), Bytes::from_static(b"x")).await.unwrap();
    place.part(event, Uuid::from_u128(40)).await;
    let unknown = EventId::from_entropy(&Entropy::fixed(104));
    place.blobs.put(&original(unknown, 50), Bytes::from_static(b"x")).await.unwrap();
    let (summary, said) = place.check(Duration::minutes(50), false).await.unwrap();
    assert!(summary.is_well() && summary.repaired == 0, "{said}");
    assert_eq!(place.blobs.list_event(event).await.unwrap().len(), 5);
    assert!(place.has(&original(unknown, 50)).await);
    let (summary, said) = place.check(Duration::minutes(70), false).await.unwrap();
    assert!(summary.is_well() && summary.repaired == 3, "{said}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_interrupted_writes_left_goes_after_a_day_and_other_files_stay(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&Settings::Folder(folder.path().to_owned())).unwrap();
    let place = Place { pool: &pool, store: store::testing::store(&pool).await, blobs };
    let event = place.event(101).await;
    let key = place.photo(event, 1).await;
    let staging = folder.path().join(format!("{key}#1"));
    std::fs::write(&staging, "half").unwrap();
    let strange = folder.path().join("events/notes.txt");
    std::fs::write(&strange, "mine").unwrap();
    for (later, gone) in [(Duration::hours(23), false), (Duration::hours(25), true)] {
        let (summary, said) = place.check(later, false).await.unwrap();
        assert!(summary.is_well() && summary.repaired == u64::from(gone), "{said}");
        assert!(staging.exists() != gone && strange.exists(), "{said}");
        assert!(said.contains("events/notes.txt is not FindMe's"), "{said}");
    }
    assert!(place.has(&key).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_store_and_a_database_that_do_not_belong_together_are_left_alone(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let place = Place { pool: &pool, store, blobs: Blobs::open(&Settings::Memory).unwrap() };
    let event = place.event(101).await;
    let key = place.photo(event, 1).await;
    let emptied =
        Place { blobs: Blobs::open(&Settings::Memory).unwrap(), store: place.store.clone(), ..place };
    let error = emptied.check(Duration::hours(2), false).await.unwrap_err().to_string();
    assert!(error.contains("the photo store is empty"), "{error}");
    assert_eq!(emptied.row(1).await.0, "ready");
    sqlx::query("delete from event").execute(&pool).await.unwrap();
    let (summary, said) = place.check(Duration::hours(2), false).await.unwrap();
    assert!(!summary.is_well() && summary.repaired == 0, "{said}");
    assert!(said.contains("check that DATABASE_URL"), "{said}");
    assert!(place.has(&key).await);
}

/// More photos than a page has.
#[sqlx::test(migrations = "../../migrations")]
async fn an_event_of_many_pages_is_checked_to_its_end(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let place = Place { pool: &pool, store, blobs: Blobs::open(&Settings::Memory).unwrap() };
    let event = place.event(101).await;
    let bytes = Bytes::from_static(b"the same");
    sqlx::query(
        "insert into photo (event_id, photo_id, sha256, file_name, media_type, size_bytes, state, uploaded_at) \
         select $1, gen_random_uuid(), sha256(int4send(n)), n || '.jpg', 'image/jpeg', 8, 'ready', now() \
         from generate_series(1, 620) as n",
    )
    .bind(event.0)
    .execute(&pool)
    .await
    .unwrap();
    place.blobs.put(&original(event, 1), bytes).await.unwrap();
    let (summary, _) = place.check(Duration::hours(2), false).await.unwrap();
    assert_eq!((summary.lost, summary.repaired), (620, 1), "each was looked at once");
    let failed: i64 = sqlx::query_scalar("select count(*) from photo where state = 'failed'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 620);
}
