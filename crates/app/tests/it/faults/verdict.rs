//! What must be true in the end, whatever happened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use super::album::Album;
use super::book::Acknowledged;
use super::client::Client;
use super::fleet::Member;

/// A photo, as the database has it.
struct Row {
    photo_id: String,
    event_id: String,
    state: String,
    face_count: i32,
    /// Rows of faces.
    faces: i64,
}

/// Waits until no photo waits.
pub(super) async fn settled(client: &Client, within: Duration) {
    let deadline = Instant::now() + within;
    loop {
        let event = client.event().await;
        let counts = event.as_ref().map(|event| &event["counts"]);
        if counts.is_some_and(|counts| counts["waiting"] == 0 && counts["working"].as_u64().unwrap_or(0) == 0)
        {
            return;
        }
        assert!(Instant::now() < deadline, "photos still wait: {counts:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Every acknowledged photo is in the event, once, and was read, once; every row has its blobs, every blob its row.
pub(super) async fn nothing_lost_nothing_twice(
    database: &PgPool,
    bucket: &Path,
    acknowledged: &BTreeMap<String, Acknowledged>,
) {
    let rows = rows(database).await;
    let (known, promised): (BTreeSet<_>, BTreeSet<_>) =
        (rows.keys().collect(), acknowledged.keys().collect());
    assert_eq!(known, promised, "the event has what was acknowledged, and nothing else");
    let mut faces_of_scene = BTreeMap::new();
    for (sha256, row) in &rows {
        let photo = &acknowledged[sha256];
        assert_eq!((&row.photo_id, row.state.as_str()), (&photo.photo_id, "ready"), "{sha256}");
        assert_eq!(i64::from(row.face_count), row.faces, "{sha256}: each face is there once");
        let of_scene = *faces_of_scene.entry(photo.scene).or_insert(row.faces);
        assert_eq!(row.faces, of_scene, "{sha256} was read like other copies of scene {}", photo.scene);
    }
    parts_vanish(bucket).await;
    let (there, expected) = (blobs(bucket), expected_blobs(&rows));
    let missing: Vec<_> = expected.difference(&there).collect();
    let nobodys: Vec<_> = there.difference(&expected).collect();
    assert!(missing.is_empty() && nobodys.is_empty(), "missing: {missing:?}; nobody's: {nobodys:?}");
    for what in ["job", "upload_part"] {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {what}")))
            .fetch_one(database)
            .await
            .unwrap();
        assert_eq!(count, 0, "rows left in {what}");
    }
}

/// Waits until the parts of uploads that are photos now are deleted: workers do so where the store was away.
async fn parts_vanish(bucket: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline && blobs(bucket).iter().any(|key| key.contains("/uploads/")) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn rows(database: &PgPool) -> BTreeMap<String, Row> {
    let rows: Vec<(String, String, String, String, i32, i64)> = sqlx::query_as(
        "select encode(sha256, 'hex'), photo_id::text, event_id::text, state, face_count, \
         (select count(*) from face where face.event_id = photo.event_id and face.photo_id = photo.photo_id) \
         from photo",
    )
    .fetch_all(database)
    .await
    .unwrap();
    let count = rows.len();
    let by_digest: BTreeMap<String, Row> = rows
        .into_iter()
        .map(|(sha256, photo_id, event_id, state, face_count, faces)| {
            (sha256, Row { photo_id, event_id, state, face_count, faces })
        })
        .collect();
    assert_eq!(by_digest.len(), count, "no photo is there twice");
    by_digest
}

/// The files of the store, by key; originals must be what their key says.
fn blobs(bucket: &Path) -> BTreeSet<String> {
    let files = walkdir::WalkDir::new(bucket).into_iter().map(Result::unwrap);
    let keys = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let key = entry.path().strip_prefix(bucket).unwrap().display().to_string();
        let bytes = std::fs::read(entry.path()).unwrap();
        if key.ends_with("/original") {
            let digest = hex::encode(Sha256::digest(&bytes));
            assert!(key.contains(&digest), "{key} holds other bytes: {digest}");
        } else {
            assert!(!bytes.is_empty(), "{key} is empty");
        }
        key
    });
    keys.collect()
}

fn expected_blobs(rows: &BTreeMap<String, Row>) -> BTreeSet<String> {
    let of_row = |(sha256, row): (&String, &Row)| {
        let folder = format!("events/{}/photos/{sha256}", row.event_id);
        ["original", "preview", "thumb"].map(|rendition| format!("{folder}/{rendition}"))
    };
    // Beside the photos lies the mark by which the store is known again.
    rows.iter().flat_map(of_row).chain(["store-id".to_owned()]).collect()
}

/// Every server finds what `fresh` finds, who has seen nothing of what happened.
pub(super) async fn searches_agree(client: &Client, album: &Album, servers: &[&Member], fresh: &Member) {
    fresh.ready().await;
    for selfie in &album.selfies {
        let expected = client.search(fresh.url.as_deref().unwrap(), selfie).await;
        assert!(!expected.is_empty(), "{} is found nowhere", selfie.display());
        for server in servers {
            let found = client.search(server.url.as_deref().unwrap(), selfie).await;
            assert_eq!(found, expected, "{} finds what a fresh server finds", server.name);
        }
    }
}
