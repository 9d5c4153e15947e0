//! Archives of many photos.

use std::io::{Cursor, Read as _};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use blobs::{BlobKey, Blobs, Settings};
use domain::{Digest, EventId, Rendition};
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;
use zip::{CompressionMethod, ZipArchive};

use crate::harness::{Answer, Server};

/// Names and bytes of what an archive holds, in its order.
fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        assert_eq!(entry.compression(), CompressionMethod::Stored);
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entries.push((name, bytes));
    }
    entries
}

fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
    entries(&answer.bytes).into_iter().map(|(name, _)| name).collect()
}

/// An event with three photos of ann, which were taken in another order than they came in.
async fn gala(server: &Server, pool: &PgPool) -> String {
    let event = server.event("Gala").await;
    for (name, people, taken_at) in [
        ("DSC_2.JPG", ["ann", "bob"], "2026-06-20 14:03:24"),
        ("été.png", ["ann", "eve"], "2026-06-20 14:03:22"),
        ("dsc_2.jpg", ["ann", "joe"], "2026-06-20 14:03:24.5"),
    ] {
        server.upload(&event, &[(name, &people)]).await;
        server.work().await;
        let done = sqlx::query("update photo set taken_at = $1::timestamp where file_name = $2")
            .bind(taken_at)
            .bind(name)
            .execute(pool)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    }
    event
}

/// The addresses under which a search lets ann keep her photos.
async fn addresses(server: &Server, event: &str) -> Vec<String> {
    let found = server.search(event, &["ann"]).await.json();
    let matches = found["matches"].as_array().unwrap().iter();
    matches.map(|found| found["download_url"].as_str().unwrap().to_owned()).collect()
}

async fn select(server: &Server, addresses: &[String]) -> Answer {
    server.call(None, "POST", "/media/zip", Some(&json!({ "photos": addresses }))).await
}

fn form_of(addresses: &[String], more: &str) -> Request<Body> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(addresses.iter().map(|address| ("photos", address)));
    Request::post("/media/zip")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish() + more))
        .unwrap()
}

const NAMES: [&str; 3] =
    ["2026-06-20_14-03-22_été.jpg", "2026-06-20_14-03-24_DSC_2.jpg", "2026-06-20_14-03-24_dsc_2_2.jpg"];

#[sqlx::test(migrations = "../../migrations")]
async fn all_photos_of_an_event_come_in_one_archive_by_time(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let answer = server.get(&format!("/api/events/{event}/photos.zip")).await;
    assert_eq!(names(&answer), NAMES);
    assert_eq!(answer.headers["content-type"], "application/zip");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename*=UTF-8''gala.zip");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(entries(&answer.bytes).iter().all(|(_, bytes)| bytes == b"\xFF\xD8\xFFpreview"));
    let originals = server.get(&format!("/api/events/{event}/photos.zip?size=original")).await;
    let expected = [
        ("2026-06-20_14-03-22_été.jpg", Fake::photo_of(&["ann", "eve"])),
        ("2026-06-20_14-03-24_DSC_2.JPG", Fake::photo_of(&["ann", "bob"])),
        ("2026-06-20_14-03-24_dsc_2_2.jpg", Fake::photo_of(&["ann", "joe"])),
    ];
    assert_eq!(
        entries(&originals.bytes),
        expected.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())),
        "a JPEG that is called .png is put right"
    );
    let mut archive = ZipArchive::new(Cursor::new(&answer.bytes)).unwrap();
    let first = archive.by_index(0).unwrap();
    let time = first.last_modified().unwrap();
    assert_eq!((time.hour(), time.minute(), time.second()), (14, 3, 22));
    assert_eq!(first.unix_mode(), Some(0o100_644));
    let check = server.get(&format!("/api/events/{event}/photos.zip?check=true")).await;
    assert_eq!((check.status, check.bytes.len()), (StatusCode::NO_CONTENT, 0));
    let unknown = server.get(&format!("/api/events/{event}/photos.zip?size=huge")).await;
    assert_eq!((unknown.code().as_str(), &unknown.json()["field"]), ("field_invalid", &json!("size")));
    let empty = server.event("Empty").await;
    let empty = server.get(&format!("/api/events/{empty}/photos.zip")).await;
    assert_eq!((empty.status, empty.code().as_str()), (StatusCode::NOT_FOUND, "nothing_to_download"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_is_read_page_by_page(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let event_id = event_id(&pool).await;
    sqlx::query(
        "insert into photo (event_id, photo_id, sha256, file_name, media_type, size_bytes, state, private_parts, uploaded_at) \
         select event_id, gen_random_uuid(), sha256(n::text::bytea), 'n.jpg', 'image/jpeg', 1, 'ready', '\\x01', \
         created_at + (n % 7) * interval '1 second' from event, generate_series(1, 1200) as n",
    )
    .execute(&pool)
    .await
    .unwrap();
    for n in 1..=1200 {
        let key = BlobKey::new(event_id, Digest::of(n.to_string().as_bytes()), Rendition::Original);
        server.web.blobs.put(&key, n.to_string().into()).await.unwrap();
    }
    let answer = server.get(&format!("/api/events/{event}/photos.zip?size=original")).await;
    let entries = entries(&answer.bytes);
    assert_eq!(entries.len(), 1200);
    let mut held: Vec<u32> =
        entries.iter().map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().parse().unwrap()).collect();
    held.sort_unstable();
    assert_eq!(held, (1..=1200).collect::<Vec<_>>());
    assert!(entries.is_sorted_by_key(|(name, _)| name[..19].to_owned()));
}

async fn event_id(pool: &PgPool) -> EventId {
    let id: uuid::Uuid = sqlx::query_scalar("select event_id from event").fetch_one(pool).await.unwrap();
    EventId(id)
}

#[sqlx::test(migrations = "../../migrations")]
async fn signed_addresses_are_all_that_a_selection_needs(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    server.forget_cookies();
    let mut addresses = addresses(&server, &event).await;
    assert_eq!(addresses.len(), 3);
    let answer = select(&server, &addresses).await;
    assert_eq!(names(&answer), NAMES);
    assert_eq!(answer.headers["content-disposition"], "attachment; filename*=UTF-8''gala.zip");
    assert_eq!(names(&server.send(form_of(&addresses, "")).await), NAMES, "as a form");
    let absolute: Vec<String> =
        addresses.iter().map(|address| format!("http://localhost{address}")).collect();
    assert_eq!(names(&select(&server, &absolute).await), NAMES);
    let last = addresses.pop().unwrap();
    assert_eq!(names(&select(&server, &addresses).await).len(), 2, "those and no others");
    assert_eq!(names(&select(&server, &[last.clone(), last]).await).len(), 1, "each once");
    let check = server.send(form_of(&addresses, "&check=true")).await;
    assert_eq!((check.status, check.bytes.len()), (StatusCode::NO_CONTENT, 0));
    let audited: i64 = sqlx::query_scalar("select count(*) from audit where action like '%zip%'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(audited, 0, "nobody was logged in, and nothing was changed");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_selection_is_sent_only_when_every_address_is_good(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let mut good = addresses(&server, &event).await;
    let refused = async |addresses: &[String]| {
        let answer = select(&server, addresses).await;
        (answer.status.as_u16(), answer.code())
    };
    let link_expired = (403, "link_expired".to_owned());
    let field_invalid = (422, "field_invalid".to_owned());
    for (wrong, expected) in [
        (good[0].replace("/preview?", "/original?"), &link_expired),
        (good[0].replace("signature=", "signature=0"), &link_expired),
        (good[0].replace("expires=", "expires=9"), &link_expired),
        (good[0].replace("&download=1", ""), &link_expired),
        (good[0].replace("signature=", "s="), &field_invalid),
        ("https://example.org/".to_owned(), &field_invalid),
        (String::new(), &field_invalid),
    ] {
        let mut addresses = good.clone();
        addresses.push(wrong.clone());
        assert_eq!(refused(&addresses).await, *expected, "{wrong}");
    }
    assert_eq!(refused(&[]).await, field_invalid);
    assert_eq!(refused(&vec![good[0].clone(); 2001]).await, field_invalid);
    assert_eq!(select(&server, &vec![good[0].clone(); 2000]).await.status, StatusCode::OK);
    let check = server.send(form_of(&good, "&check=perhaps")).await;
    assert_eq!(check.code(), "field_invalid");
    let large = server.send(form_of(&good, &"&x=1".repeat(300_000))).await;
    assert_eq!(large.code(), "too_large");
    let text = Request::post("/media/zip").header(header::CONTENT_TYPE, "text/plain").body(Body::from("x"));
    assert_eq!(server.send(text.unwrap()).await.code(), "unsupported_media_type");

    let other = server.event("Other").await;
    server.upload(&other, &[("x.jpg", &["ann", "zoe"])]).await;
    server.work().await;
    good.extend(addresses(&server, &other).await);
    assert_eq!(refused(&good).await, field_invalid, "two events");
    good.pop();
    server.pass(14 * 3600);
    assert_eq!(refused(&good).await, link_expired);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_the_store_has_lost_is_named(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let mut addresses = addresses(&server, &event).await;
    let photo = Digest::of(&Fake::photo_of(&["ann", "eve"]));
    let lost = BlobKey::new(event_id(&pool).await, photo, Rendition::Preview);
    server.web.blobs.delete(&lost).await.unwrap();
    let text = |answer: &Answer| String::from_utf8(entries(&answer.bytes).pop().unwrap().1).unwrap();
    let all = server.get(&format!("/api/events/{event}/photos.zip")).await;
    assert_eq!(names(&all), [NAMES[1], NAMES[2], "MISSING.txt"]);
    assert!(text(&all).starts_with("These photos belong here"), "{}", text(&all));
    assert!(text(&all).ends_with("\r\n\r\n2026-06-20_14-03-22_été.jpg\r\n"), "{}", text(&all));
    let mut form = form_of(&addresses, "");
    form.headers_mut().insert(header::ACCEPT_LANGUAGE, "fr-FR".parse().unwrap());
    assert!(text(&server.send(form).await).starts_with("Ces photos devraient être ici"));

    sqlx::query("delete from photo where sha256 = $1").bind(photo.0.as_slice()).execute(&pool).await.unwrap();
    let selected = select(&server, &addresses).await;
    assert_eq!(names(&selected).last().unwrap(), "MISSING.txt");
    assert!(text(&selected).ends_with(&format!("{photo}\r\n")), "its name is gone with its row");
    addresses.retain(|address| address.contains(&photo.to_string()));
    assert_eq!(select(&server, &addresses).await.code(), "photo_not_found", "nothing is left of it");
    sqlx::query("delete from event").execute(&pool).await.unwrap();
    assert_eq!(select(&server, &addresses).await.code(), "photo_not_found");
}

/// Reads an answer that is to break off; returns how much came before.
async fn broken_off(response: axum::response::Response) -> usize {
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body().into_data_stream();
    let mut read = 0;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(bytes) => read += bytes.len(),
            Err(_) => return read,
        }
    }
    panic!("the answer ended as if it were whole, after {read} bytes");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_store_that_fails_breaks_the_answer_off(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let folder = tempfile::tempdir().unwrap();
    server.web.blobs = Blobs::open(&Settings::Folder(folder.path().to_owned())).unwrap();
    server.web.receiver.blobs = server.web.blobs.clone();
    server.rebuild();
    let event = gala(&server, &pool).await;
    assert_eq!(names(&server.get(&format!("/api/events/{event}/photos.zip")).await), NAMES);
    let last = Digest::of(&Fake::photo_of(&["ann", "joe"]));
    let path = folder.path().join(format!("events/{}/photos/{last}/preview", event_id(&pool).await));
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&path, &path).unwrap();
    broken_off(server.open(&format!("/api/events/{event}/photos.zip")).await).await;
    let form = form_of(&addresses(&server, &event).await, "");
    broken_off(server.response(form).await).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_that_is_deleted_meanwhile_breaks_the_answer_off(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("x.jpg", &["ann"])]).await;
    server.work().await;
    // One photo that does not fit into what may wait for the reader.
    let photo = Digest::of(&Fake::photo_of(&["ann"]));
    let id = event_id(&pool).await;
    let key = BlobKey::new(id, photo, Rendition::Preview);
    server.web.blobs.put(&key, vec![7; 1 << 20].into()).await.unwrap();
    sqlx::query(
        "insert into photo (event_id, photo_id, sha256, file_name, media_type, size_bytes, state, private_parts, uploaded_at) \
         select event_id, gen_random_uuid(), sha256(n::text::bytea), 'n.jpg', 'image/jpeg', 1, 'ready', '\\x01', \
         created_at - interval '1 day' from event, generate_series(1, 4) as n",
    )
    .execute(&pool)
    .await
    .unwrap();
    for n in 1..=4 {
        let key = BlobKey::new(id, Digest::of(n.to_string().as_bytes()), Rendition::Preview);
        server.web.blobs.put(&key, vec![7; 1 << 20].into()).await.unwrap();
    }
    let response = server.open(&format!("/api/events/{event}/photos.zip")).await;
    let idle = "select count(*) from pg_stat_activity where datname = current_database() \
                and state like 'idle in transaction%'";
    let none_waits = async {
        while sqlx::query_scalar::<_, i64>(idle).fetch_one(&pool).await.unwrap() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), none_waits).await;
    waited.expect("the database does not wait for the reader");
    sqlx::query("delete from event").execute(&pool).await.unwrap();
    let read = broken_off(response).await;
    assert!(read > 4 << 20, "{read}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn so_many_archives_are_sent_at_once_and_no_more(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let addresses = addresses(&server, &event).await;
    let uri = format!("/api/events/{event}/photos.zip");
    let busy = |answer: &Answer| {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "downloads_busy")
        );
        answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0
    };
    let settings = &server.web.settings;
    let all = async |places: &std::sync::Arc<tokio::sync::Semaphore>| {
        let count = u32::try_from(places.available_permits()).unwrap();
        std::sync::Arc::clone(places).acquire_many_owned(count).await.unwrap()
    };
    let taken = all(&settings.event_zips).await;
    assert!(busy(&server.get(&uri).await));
    assert_eq!(
        select(&server, &addresses).await.status,
        StatusCode::OK,
        "selections have places of their own"
    );
    drop(taken);
    let taken = all(&settings.selection_zips).await;
    assert!(busy(&select(&server, &addresses).await));
    assert_eq!(server.get(&uri).await.status, StatusCode::OK);
    drop(taken);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reader_who_leaves_frees_the_place(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let places = std::sync::Arc::clone(&server.web.settings.event_zips);
    let before = places.available_permits();
    for photo in ["bob", "eve", "joe"] {
        let photo = Digest::of(&Fake::photo_of(&["ann", photo]));
        let key = BlobKey::new(event_id(&pool).await, photo, Rendition::Preview);
        server.web.blobs.put(&key, vec![7; 1 << 20].into()).await.unwrap();
    }
    let response = server.open(&format!("/api/events/{event}/photos.zip")).await;
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().unwrap().data_ref().unwrap().len() > 100_000);
    assert_eq!(places.available_permits(), before - 1);
    drop(body);
    let freed = async {
        while places.available_permits() < before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), freed).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_that_are_not_ready_are_in_no_archive(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, &pool).await;
    let addresses = addresses(&server, &event).await;
    sqlx::query("update photo set state = 'waiting' where file_name = 'été.png'")
        .execute(&pool)
        .await
        .unwrap();
    server.upload(&event, &[("broken.jpg", &["damaged"])]).await;
    server.work().await;
    sqlx::query("update photo set state = 'waiting' where file_name = 'été.png'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(names(&server.get(&format!("/api/events/{event}/photos.zip")).await), NAMES[1..]);
    assert_eq!(names(&select(&server, &addresses).await).len(), 3, "two photos and the name of the third");
    let counts: Value = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!(counts["received"], 4);
}
