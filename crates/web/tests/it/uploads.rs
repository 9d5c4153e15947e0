//! Uploads that go on where they stopped, batches, and what is told of them.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::{BatchId, EventId, UploadId};
use futures::StreamExt as _;
use recognizer::Fake;
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use crate::harness::{Answer, Server};
use crate::people::Person;

/// A photo of ann, with so many bytes in all.
fn photo(length: usize, name: &str) -> Vec<u8> {
    let mut bytes = Fake::photo_of(&[name]).to_vec();
    bytes.push(b',');
    bytes.resize(length.max(bytes.len()), b' ');
    bytes
}

fn request(method: &str, uri: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(uri).header("x-findme", "1").header("tus-resumable", "1.0.0")
}

async fn create(server: &Server, event: &str, length: usize, metadata: &str) -> Answer {
    let request = request("POST", &format!("/api/events/{event}/uploads"))
        .header("upload-length", length)
        .header("upload-metadata", metadata);
    server.send(request.body(Body::empty()).unwrap()).await
}

fn file_name(name: &str) -> String {
    format!("filename {}", STANDARD.encode(name))
}

/// Begins an upload; where its bytes go.
async fn begin(server: &Server, event: &str, length: usize) -> String {
    let answer = create(server, event, length, &file_name("a.jpg")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.headers["tus-resumable"], "1.0.0");
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

async fn patch(server: &Server, uri: &str, offset: usize, body: impl Into<Body>) -> Answer {
    patch_with(server, uri, offset, body, HeaderMap::new()).await
}

async fn patch_with(
    server: &Server,
    uri: &str,
    offset: usize,
    body: impl Into<Body>,
    more: HeaderMap,
) -> Answer {
    let mut request = request("PATCH", uri)
        .header(header::CONTENT_TYPE, "application/offset+octet-stream")
        .header("upload-offset", offset)
        .body(body.into())
        .unwrap();
    request.headers_mut().extend(more);
    server.send(request).await
}

async fn head(server: &Server, uri: &str) -> Answer {
    server.send(request("HEAD", uri).body(Body::empty()).unwrap()).await
}

fn number(headers: &HeaderMap, name: &str) -> usize {
    headers[name].to_str().unwrap().parse().unwrap()
}

/// What a line delivers that breaks behind `bytes`.
fn broken_line(bytes: &[u8]) -> Body {
    let chunks: Vec<Result<Bytes, std::io::Error>> = bytes
        .chunks(1000)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .chain([Err(std::io::ErrorKind::ConnectionReset.into())])
        .collect();
    Body::from_stream(futures::stream::iter(chunks))
}

async fn event_id(server: &Server, event: &str) -> EventId {
    let shown = server.get(&format!("/api/events/{event}")).await.json();
    shown["event_id"].as_str().unwrap().parse().unwrap()
}

/// The blobs of an event: those of photos, and those of unfinished uploads.
async fn blobs(server: &Server, event: &str) -> (usize, usize) {
    let all = server.web.blobs.list_event(event_id(server, event).await).await.unwrap();
    let parts = all.iter().filter(|key| key.contains("/uploads/")).count();
    (all.len() - parts, parts)
}

/// Leaves rows in every table of uploads: a batch with a rejected file, and an upload with one part.
pub(crate) async fn unfinished(server: &Server, who: &Person, event: &str) {
    let batches = format!("/api/events/{event}/batches");
    let batch = server.call(Some(&who.access), "POST", &batches, Some(&json!({"name": "Card"}))).await.json();
    let metadata = format!("batch {}", STANDARD.encode(batch["batch_id"].as_str().unwrap()));
    let bearer = format!("Bearer {}", who.access);
    for text in ["no photo at all", "\u{0}"] {
        let bytes = if text.len() == 1 { photo(1000, "eve") } else { text.as_bytes().to_vec() };
        let post = request("POST", &format!("/api/events/{event}/uploads"))
            .header(header::AUTHORIZATION, &bearer)
            .header("upload-length", if text.len() == 1 { 2000 } else { bytes.len() })
            .header("upload-metadata", &metadata);
        let created = server.send(post.body(Body::empty()).unwrap()).await;
        let patch = request("PATCH", created.headers[header::LOCATION].to_str().unwrap())
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .header("upload-offset", 0);
        let status = server.send(patch.body(Body::from(bytes)).unwrap()).await.status;
        assert!([StatusCode::NO_CONTENT, StatusCode::UNPROCESSABLE_ENTITY].contains(&status), "{status}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_file_goes_on_where_the_line_broke(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let bytes = photo(9 * 1024 * 1024 + 17, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    let mut offset = 0;
    for broken_at in [0, 300, 5 * 1024 * 1024 + 3, 700_000] {
        let end = (offset + broken_at).min(bytes.len());
        let answer = patch(&server, &uri, offset, broken_line(&bytes[offset..end])).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::REQUEST_TIMEOUT, "upload_interrupted")
        );
        let shown = head(&server, &uri).await;
        assert_eq!(
            (shown.status, shown.headers["cache-control"].to_str().unwrap()),
            (StatusCode::OK, "no-store")
        );
        assert_eq!(number(&shown.headers, "upload-length"), bytes.len());
        assert_eq!(number(&shown.headers, "upload-offset"), end, "what had arrived is kept");
        assert_eq!(shown.headers["upload-metadata"], file_name("a.jpg"));
        offset = end;
    }
    assert_eq!(blobs(&server, &event).await.0, 0, "nothing is a photo before its end");
    let last = patch(&server, &uri, offset, bytes[offset..].to_vec()).await;
    assert_eq!(last.status, StatusCode::NO_CONTENT);
    assert_eq!(last.headers["findme-outcome"], "accepted");
    assert_eq!(number(&last.headers, "upload-offset"), bytes.len());
    assert_eq!(blobs(&server, &event).await, (1, 0), "the parts are gone");
    let sha256 = domain::Digest::of(&bytes);
    let key = blobs::BlobKey::new(event_id(&server, &event).await, sha256, domain::Rendition::Original);
    assert!(server.web.blobs.get(&key).await.unwrap().unwrap() == bytes, "byte for byte");
    let again = head(&server, &uri).await;
    assert_eq!(
        again.headers["findme-photo"], last.headers["findme-photo"],
        "whoever missed the answer asks again"
    );
    let again = patch(&server, &uri, bytes.len(), "").await;
    assert_eq!(again.headers["findme-outcome"], "accepted");
    server.work().await;
    assert_eq!(server.search(&event, &["ann"]).await.json()["matches"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_protocol_is_kept_to(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let options =
        server.send(request("OPTIONS", &format!("/api/events/{event}/uploads")).body(Body::empty()).unwrap());
    let options = options.await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!(options.headers["tus-extension"], "creation,expiration,checksum,termination");
    assert_eq!(options.headers["tus-checksum-algorithm"], "sha1,sha256");

    let bytes = photo(2000, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    assert_eq!(patch(&server, &uri, 5, bytes.clone()).await.code(), "upload_elsewhere");
    let unversioned = Request::head(&uri).body(Body::empty()).unwrap();
    let unversioned = server.send(unversioned).await;
    assert_eq!(unversioned.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(unversioned.headers["tus-version"], "1.0.0");
    let as_json =
        request("PATCH", &uri).header("upload-offset", 0).header(header::CONTENT_TYPE, "application/json");
    let as_json = server.send(as_json.body(Body::from(bytes.clone())).unwrap()).await;
    assert_eq!(as_json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let too_long = patch(&server, &uri, 0, [bytes.clone(), vec![0]].concat()).await;
    assert_eq!(
        (too_long.status, number(&head(&server, &uri).await.headers, "upload-offset")),
        (StatusCode::PAYLOAD_TOO_LARGE, 0)
    );
    assert_eq!(create(&server, &event, 101 * 1024 * 1024, "").await.code(), "too_large");
    assert_eq!(create(&server, &event, 0, "").await.code(), "empty_file");
    assert_eq!(create(&server, &event, 9, "filename ***").await.code(), "field_invalid");
    let unknown = format!("batch {}", STANDARD.encode("6f1c1c1e-0000-4000-8000-000000000001"));
    assert_eq!(create(&server, &event, 9, &unknown).await.code(), "field_invalid");

    let elsewhere = server.event("Other").await;
    let upload_id = uri.rsplit_once('/').unwrap().1;
    let other_event = format!("/api/events/{elsewhere}/uploads/{upload_id}");
    assert_eq!(head(&server, &other_event).await.status, StatusCode::NOT_FOUND, "an upload is of its event");
    let end = server.send(request("DELETE", &uri).body(Body::empty()).unwrap()).await;
    assert_eq!(end.status, StatusCode::NO_CONTENT);
    assert_eq!(head(&server, &uri).await.status, StatusCode::NOT_FOUND);

    // It belongs to whoever began it, even among those who work at the event.
    let uri = begin(&server, &event, bytes.len()).await;
    let answer =
        server.post("/api/login", &json!({"login": "ann@example.org", "password": "correct horse"})).await;
    assert_eq!(answer.status, StatusCode::OK);
    let ada = Person::of(&server.log_in("ann@example.org", "correct horse", None).await);
    let bob = server.staff(&ada, "admin", "bob").await;
    server.forget_cookies();
    let bearer = format!("Bearer {}", bob.access);
    let theirs = request("HEAD", &uri).header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap();
    assert_eq!(server.send(theirs).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_piece_with_a_sum_is_kept_whole_or_not_at_all(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let bytes = photo(5 * 1024 * 1024, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    let sum = |algorithm: &str, sum: &[u8]| {
        let value = format!("{algorithm} {}", STANDARD.encode(sum)).parse().unwrap();
        HeaderMap::from_iter([(header::HeaderName::from_static("upload-checksum"), value)])
    };
    let (piece, rest) = bytes.split_at(4_500_000);
    let wrong = patch_with(&server, &uri, 0, piece.to_vec(), sum("sha1", &Sha1::digest(rest))).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (460, "checksum_wrong"));
    let cut =
        patch_with(&server, &uri, 0, broken_line(&piece[..9000]), sum("sha1", &Sha1::digest(piece))).await;
    assert_eq!(cut.code(), "upload_interrupted");
    assert_eq!(number(&head(&server, &uri).await.headers, "upload-offset"), 0, "nothing of either was kept");
    let good = patch_with(&server, &uri, 0, piece.to_vec(), sum("sha1", &Sha1::digest(piece))).await;
    assert_eq!((good.status, number(&good.headers, "upload-offset")), (StatusCode::NO_CONTENT, piece.len()));
    let last =
        patch_with(&server, &uri, piece.len(), rest.to_vec(), sum("sha256", &Sha256::digest(rest))).await;
    assert_eq!(last.headers["findme-outcome"], "accepted");
    assert_eq!(blobs(&server, &event).await, (1, 0), "the parts of the wrong piece are gone too");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_photo_is_refused_by_its_first_bytes(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let batch = server.post(&format!("/api/events/{event}/batches"), &json!({"name": "Card 1"})).await.json();
    let batch_id = batch["batch_id"].as_str().unwrap();
    let metadata = format!("{},batch {}", file_name("film.mp4"), STANDARD.encode(batch_id));
    let created = create(&server, &event, 50_000_000, &metadata).await;
    let uri = created.headers[header::LOCATION].to_str().unwrap();
    // The line is good, and the sender would go on: the answer comes before the rest.
    let endless = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 100_000]))])
        .chain(futures::stream::pending());
    let refused = patch(&server, uri, 0, Body::from_stream(endless)).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "not_a_photo"));
    assert_eq!(head(&server, uri).await.status, StatusCode::UNPROCESSABLE_ENTITY, "and stays so");
    assert_eq!(patch(&server, uri, 0, "").await.code(), "not_a_photo");
    let short = create(&server, &event, 3, &metadata).await;
    let uri = short.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(patch(&server, uri, 0, "abc").await.code(), "not_a_photo", "a short one at its end");
    let batch = server.get(&format!("/api/events/{event}/batches/{batch_id}")).await.json();
    assert_eq!(batch["counts"]["rejected"], 2);
    assert_eq!(batch["rejected"][0]["file_name"], "film.mp4");
    assert_eq!(batch["rejected"][1]["code"], "not_a_photo");
    assert!(batch["rejected"][1]["detail"].as_str().unwrap().contains("not a photo"));
    assert_eq!(blobs(&server, &event).await, (0, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_senders_of_one_upload_do_not_mix(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let bytes = photo(12 * 1024 * 1024, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    // A sender that was taken to be gone still sends, with other bytes, while the new one is at it.
    let stale = vec![7; bytes.len()];
    let stale = [bytes[..3].to_vec(), stale[3..].to_vec()].concat();
    let (one, two) =
        futures::future::join(patch(&server, &uri, 0, stale.clone()), patch(&server, &uri, 0, bytes.clone()))
            .await;
    let statuses = [one.status, two.status];
    assert!(statuses.contains(&StatusCode::CONFLICT), "{statuses:?}: one of them has to give way");
    let shown = head(&server, &uri).await;
    let offset = number(&shown.headers, "upload-offset");
    let winner = if one.status == StatusCode::CONFLICT { &bytes } else { &stale };
    if offset < winner.len() {
        patch(&server, &uri, offset, winner[offset..].to_vec()).await;
    }
    let photos = server.get(&format!("/api/events/{event}/photos")).await.json();
    assert_eq!(photos["photos"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_interrupted_at_its_end_is_finished_once(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let event_id = event_id(&server, &event).await;
    let mut uris = Vec::new();
    for name in ["ann", "bob", "cyd"] {
        let bytes = photo(5000, name);
        let uri = begin(&server, &event, bytes.len()).await;
        patch(&server, &uri, 0, bytes[..4000].to_vec()).await;
        // The last part is stored and written down; then the process dies.
        let upload_id: UploadId = uri.rsplit_once('/').unwrap().1.parse().unwrap();
        let part_id = uuid::Uuid::from_u128(name.len() as u128 + u128::from(name.as_bytes()[0]));
        let key = blobs::PartKey::new(event_id, upload_id.0, part_id);
        server.web.blobs.put_part(&key, Bytes::copy_from_slice(&bytes[4000..])).await.unwrap();
        let mut tx = server.web.store.begin().await.unwrap();
        let upload = store::upload::by_id(&mut tx, event_id, upload_id).await.unwrap().unwrap();
        let part = store::upload::Part { start_byte: 4000, size_bytes: 1000, part_id };
        assert!(
            store::upload::append(&mut tx, event_id, upload_id, &[part], upload.expires_at).await.unwrap()
        );
        tx.commit().await.unwrap();
        uris.push(uri);
    }
    // Its sender asks, twice at once; or sends nothing more; or never comes back.
    let (one, two) = futures::future::join(head(&server, &uris[0]), head(&server, &uris[0])).await;
    assert_eq!(one.headers["findme-photo"], two.headers["findme-photo"]);
    assert_eq!(patch(&server, &uris[1], 5000, "").await.headers["findme-outcome"], "accepted");
    assert_eq!(
        server.web.receiver.finish_interrupted().await.unwrap(),
        0,
        "they are left alone for a minute"
    );
    server.pass(120);
    assert_eq!(server.web.receiver.finish_interrupted().await.unwrap(), 1);
    assert_eq!(server.web.receiver.finish_interrupted().await.unwrap(), 0);
    let counts = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!((&counts["received"], blobs(&server, &event).await), (&json!(3), (3, 0)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn parts_that_could_not_be_deleted_at_the_end_are_deleted_soon(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let event_id = event_id(&server, &event).await;
    let bytes = photo(5000, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    let answer = patch(&server, &uri, 0, bytes).await;
    assert_eq!(answer.headers["findme-outcome"], "accepted");
    assert_eq!(server.web.receiver.drop_left_parts().await.unwrap(), 0, "they were deleted at once");
    // The store was away when they were to be deleted.
    let upload_id: UploadId = uri.rsplit_once('/').unwrap().1.parse().unwrap();
    let key = blobs::PartKey::new(event_id, upload_id.0, uuid::Uuid::nil());
    server.web.blobs.put_part(&key, Bytes::from_static(b"part")).await.unwrap();
    let mut tx = server.web.store.begin().await.unwrap();
    store::upload::set_parts_gone(&mut tx, event_id, upload_id, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(server.web.receiver.drop_left_parts().await.unwrap(), 1);
    assert_eq!(blobs(&server, &event).await, (1, 0));
    assert_eq!(server.web.receiver.drop_left_parts().await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_nobody_sends_on_is_swept_away(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let bytes = photo(5000, "ann");
    let uri = begin(&server, &event, bytes.len()).await;
    server.pass(6 * 86_400);
    let admin = json!({"login": "ann@example.org", "password": "correct horse"});
    let mut server = server;
    server.forget_cookies();
    let answer = server.send(
        Request::post("/api/login")
            .header("x-findme", "1")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(admin.to_string()))
            .unwrap(),
    );
    let answer = answer.await;
    server.keep_cookies(&answer);
    assert_eq!(patch(&server, &uri, 0, bytes[..4000].to_vec()).await.status, StatusCode::NO_CONTENT);
    server.pass(600);
    assert_eq!(server.web.receiver.sweep_uploads().await.unwrap(), 0, "each piece gives it a week");
    server.pass(8 * 86_400);
    assert_eq!(server.web.receiver.sweep_uploads().await.unwrap(), 1);
    let left: i64 = sqlx::query_scalar("select count(*) from upload_part").fetch_one(&pool).await.unwrap();
    let event_id: uuid::Uuid =
        sqlx::query_scalar("select event_id from event").fetch_one(&pool).await.unwrap();
    assert_eq!((left, server.web.blobs.list_event(EventId(event_id)).await.unwrap().len()), (0, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn allowances_bind_events_and_people(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let ada = Person::of(&server.log_in("ann@example.org", "correct horse", None).await);
    let set = async |uri: &str, value: serde_json::Value| {
        let answer = server.call(Some(&ada.access), "PATCH", uri, Some(&json!({"bytes_max": value}))).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    };
    let event_uri = format!("/api/events/{event}");
    assert_eq!(set(&event_uri, json!(10_000)).await["bytes_max"], 10_000);
    begin(&server, &event, 6000).await;
    let full = create(&server, &event, 5000, "").await;
    assert_eq!(
        (full.status, full.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "quota_reached"),
        "unfinished ones count"
    );
    let form = [("photo", Some("a.jpg"), photo(5000, "ann"))];
    let parts: Vec<_> = form.iter().map(|(field, name, bytes)| (*field, *name, bytes.as_slice())).collect();
    let refused = server.post_form(&format!("/api/events/{event}/photos"), &parts).await.json();
    assert_eq!(refused["results"][0]["code"], "quota_reached");
    begin(&server, &event, 4000).await;
    assert!(set(&event_uri, json!(null)).await["bytes_max"].is_null());
    begin(&server, &event, 4000).await;

    let paul = server.staff(&ada, "photographer", "paul").await;
    server.assign(&ada, &event, &paul).await;
    let staff_uri = format!("/api/staff/{}", paul.user_id);
    assert_eq!(set(&staff_uri, json!(100)).await["bytes_max"], 100);
    let post = request("POST", &format!("/api/events/{event}/uploads")).header("upload-length", 101);
    let bearer = format!("Bearer {}", paul.access);
    let post = post.header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap();
    assert_eq!(server.send(post).await.code(), "quota_reached");
    let negative = server.call(Some(&ada.access), "PATCH", &staff_uri, Some(&json!({"bytes_max": -1}))).await;
    assert_eq!(negative.code(), "field_invalid");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_the_event_has_need_not_be_sent(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    let digest = |names: &[&str]| domain::Digest::of(&Fake::photo_of(names));
    let uri = format!("/api/events/{event}/photos/known");
    let asked: Vec<String> =
        [digest(&["ann"]), digest(&["bob"]), digest(&["cyd"])].iter().map(ToString::to_string).collect();
    let known = server.post(&uri, &json!({"sha256": asked})).await.json();
    let mut known: Vec<&str> =
        known["known"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    known.sort_unstable();
    let mut expected = vec![asked[0].as_str(), asked[1].as_str()];
    expected.sort_unstable();
    assert_eq!(known, expected);
    let thousand: Vec<String> =
        (0..1001).map(|n: u32| domain::Digest::of(&n.to_le_bytes()).to_string()).collect();
    assert_eq!(server.post(&uri, &json!({"sha256": thousand[1..]})).await.json()["known"], json!([]));
    assert_eq!(server.post(&uri, &json!({"sha256": thousand})).await.code(), "field_invalid");
    assert_eq!(server.post(&uri, &json!({"sha256": ["x"]})).await.code(), "field_invalid");

    // A photo whose original was lost is asked for again, and sending it mends it.
    let event_id = event_id(&server, &event).await;
    let key = blobs::BlobKey::new(event_id, digest(&["ann"]), domain::Rendition::Original);
    server.web.blobs.delete(&key).await.unwrap();
    server.work().await;
    let counts = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!((&counts["ready"], &counts["failed"]), (&json!(1), &json!(1)));
    assert_eq!(server.post(&uri, &json!({"sha256": [asked[0]]})).await.json()["known"], json!([]));
    let again = server.upload(&event, &[("a.jpg", &["ann"])]).await.json();
    assert_eq!(again["results"][0]["outcome"], "accepted");
    server.work().await;
    let counts = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!((&counts["received"], &counts["ready"]), (&json!(2), &json!(2)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_batch_counts_what_belongs_to_it(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("old.jpg", &["ann"])]).await;
    let uri = format!("/api/events/{event}/batches");
    let batch = server.post(&uri, &json!({"name": " Card 1 "})).await;
    assert_eq!((batch.status, &batch.json()["name"]), (StatusCode::CREATED, &json!("Card 1")));
    let batch_id: BatchId = batch.json()["batch_id"].as_str().unwrap().parse().unwrap();
    let photos: Vec<Bytes> =
        [&["ann"][..], &["bob"], &[], &["damaged"]].iter().map(|names| Fake::photo_of(names)).collect();
    let mut parts: Vec<_> = photos.iter().map(|bytes| ("photo", Some("a.jpg"), bytes.as_ref())).collect();
    parts.push(("photo", Some("notes.txt"), b"some notes of mine"));
    let into = format!("/api/events/{event}/photos?batch={batch_id}");
    assert_eq!(server.post_form(&into, &parts).await.status, StatusCode::OK);
    let counts = async || server.get(&format!("{uri}/{batch_id}")).await.json()["counts"].clone();
    let before = json!({"received": 3, "waiting": 3, "working": 0, "ready": 0, "without_faces": 0, "failed": 0,
        "duplicates": 1, "rejected": 1, "faces": 0});
    assert_eq!(counts().await, before);
    sqlx::query("update job set state = 'working' where photo_id = (select photo_id from photo where batch_id = $1 limit 1)")
        .bind(batch_id.0)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!((&counts().await["waiting"], &counts().await["working"]), (&json!(2), &json!(1)));
    sqlx::query("update job set state = 'waiting'").execute(&pool).await.unwrap();
    server.work().await;
    let after = json!({"received": 3, "waiting": 0, "working": 0, "ready": 2, "without_faces": 1, "failed": 1,
        "duplicates": 1, "rejected": 1, "faces": 1});
    assert_eq!(counts().await, after);
    let whole = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!(
        (&whole["received"], &whole["duplicates"], &whole["rejected"]),
        (&json!(4), &json!(1), &json!(1))
    );
    server.pass(1);
    server.post(&uri, &json!({"name": "Card 2"})).await;
    let listed = server.get(&uri).await.json();
    let names: Vec<_> =
        listed["batches"].as_array().unwrap().iter().map(|batch| batch["name"].clone()).collect();
    assert_eq!(names, ["Card 2", "Card 1"]);
    assert_eq!(listed["batches"][1]["counts"], after);
    let retried =
        server.post(&format!("/api/events/{event}/photos/retry?batch={batch_id}"), &json!({})).await.json();
    assert_eq!((retried, &counts().await["waiting"]), (json!({"retried": 1}), &json!(1)));
    let elsewhere = server.event("Other").await;
    assert_eq!(
        server.get(&format!("/api/events/{elsewhere}/batches/{batch_id}")).await.code(),
        "batch_not_found"
    );
    let wrong = server.post_form(&format!("/api/events/{elsewhere}/photos?batch={batch_id}"), &parts).await;
    assert_eq!(wrong.code(), "field_invalid");
    assert_eq!(server.post(&uri, &json!({"name": "a".repeat(121)})).await.code(), "field_invalid");
}

/// The next so many messages of a stream.
async fn messages(stream: &mut axum::body::BodyDataStream, count: usize) -> Vec<String> {
    let mut messages = Vec::new();
    while messages.len() < count {
        let chunk = stream.next().await.unwrap().unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        messages.extend(text.split("\n\n").filter(|message| message.contains("event: ")).map(str::to_owned));
    }
    messages
}

fn id_of(message: &str) -> Option<i64> {
    message.lines().find_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap())
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_comes_back_is_told_what_was_missed(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let uri = format!("/api/events/{event}/progress");
    server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    let mut stream = server.open(&uri).await.into_body().into_data_stream();
    let first = messages(&mut stream, 1).await;
    assert!(first[0].contains("event: progress") && first[0].contains("\"waiting\":2"), "{first:?}");
    let seen = id_of(&first[0]).unwrap();
    drop(stream);
    server.work().await;
    server.upload(&event, &[("c.jpg", &["damaged"])]).await;
    server.work().await;
    let request = Request::get(&uri).header("last-event-id", seen).body(Body::empty()).unwrap();
    let mut stream = server.open_request(request).await.into_body().into_data_stream();
    let missed = messages(&mut stream, 4).await;
    for (name, state) in [("a.jpg", "ready"), ("b.jpg", "ready"), ("c.jpg", "failed")] {
        let told = missed.iter().filter(|message| message.contains(&format!("\"file_name\":\"{name}\"")));
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 1, "{name} once: {missed:?}");
        assert!(told[0].contains(&format!("\"state\":\"{state}\"")), "{told:?}");
    }
    assert!(missed[3].contains("event: progress") && missed[3].contains("\"ready\":2"), "{missed:?}");
    assert!(missed.iter().any(|message| message.contains("\"code\":\"truncated\"")), "{missed:?}");
    let ids: Vec<i64> = missed.iter().filter_map(|message| id_of(message)).collect();
    assert!(ids.is_sorted() && ids[0] > seen, "{ids:?}");

    // Only what is behind an id that was given is told again; never less.
    for after in &ids {
        let request = Request::get(&uri).header("last-event-id", *after).body(Body::empty()).unwrap();
        let mut stream = server.open_request(request).await.into_body().into_data_stream();
        let place = missed.iter().position(|message| id_of(message) == Some(*after)).unwrap();
        let behind = missed[place + 1..].iter().filter(|message| message.contains("event: photo")).count();
        let told = messages(&mut stream, behind + 1).await;
        assert!(told[behind].contains("event: progress"), "{told:?}");
    }
    let all = server.open(&format!("{uri}?since=0")).await.into_body().into_data_stream();
    assert_eq!(messages(&mut { all }, 4).await.iter().filter(|one| one.contains("event: photo")).count(), 3);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_open_stream_tells_of_each_photo(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let batch = server.post(&format!("/api/events/{event}/batches"), &json!({})).await.json();
    let batch_id = batch["batch_id"].as_str().unwrap();
    let uri = format!("/api/events/{event}/batches/{batch_id}/progress");
    let mut stream = server.open(&uri).await.into_body().into_data_stream();
    assert!(messages(&mut stream, 1).await[0].contains("\"received\":0"));
    server.upload(&event, &[("other.jpg", &["zoe"])]).await;
    let mine = Fake::photo_of(&["ann"]);
    let into = format!("/api/events/{event}/photos?batch={batch_id}");
    server.post_form(&into, &[("photo", Some("mine.jpg"), &mine)]).await;
    let told = messages(&mut stream, 2).await;
    assert!(
        told[0].contains("\"file_name\":\"mine.jpg\"") && told[0].contains("\"state\":\"waiting\""),
        "{told:?}"
    );
    assert!(
        told[1].contains("event: progress") && told[1].contains("\"received\":1"),
        "only of the batch: {told:?}"
    );
    server.work().await;
    let told = messages(&mut stream, 2).await;
    assert!(told[0].contains("\"state\":\"ready\"") && told[0].contains("\"face_count\":1"), "{told:?}");
    assert!(told[1].contains("\"ready\":1"), "{told:?}");
    let unknown = "/api/events/gala/batches/6f1c1c1e-0000-4000-8000-000000000001/progress";
    assert_eq!(server.get(unknown).await.code(), "batch_not_found");
}
