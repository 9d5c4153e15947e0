//! Uploading photos and watching them being read.

use axum::http::StatusCode;
use futures::StreamExt as _;
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::listen::News;

use crate::harness::Server;

fn outcomes(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = answer["results"].as_array().unwrap().iter();
    results.map(|result| (text(&result["outcome"]), text(&result["code"]))).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_file_has_its_own_outcome_and_the_batch_goes_on(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let (good, other) = (Fake::photo_of(&["ann"]), Fake::photo_of(&[]));
    let parts: [(&str, Option<&str>, &[u8]); 7] = [
        ("photo", Some("a.jpg"), &good),
        ("photo", Some("empty.jpg"), b""),
        ("photo", Some("text.jpg"), b"hello there, I am text"),
        ("photo", Some("a.gif"), b"GIF89a and so on and on"),
        ("ignored", None, b"x"),
        ("photo", Some("a-copy.jpg"), &good),
        ("photo", Some("b.jpg"), &other),
    ];
    let answer = server.post_form(&format!("/api/events/{event}/photos"), &parts).await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected = [
        ("accepted", ""),
        ("rejected", "empty_file"),
        ("rejected", "not_a_photo"),
        ("rejected", "unsupported_format"),
        ("duplicate", ""),
        ("accepted", ""),
    ];
    let outcomes = outcomes(&answer.json());
    assert_eq!(outcomes.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(), expected);
    let results = answer.json();
    assert_eq!(results["results"][4]["photo_id"], results["results"][0]["photo_id"], "the one that is there");
    server.work().await;
    let counts = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    let expected = json!({"received": 2, "waiting": 0, "working": 0, "ready": 2, "without_faces": 1, "failed": 0,
            "duplicates": 0, "rejected": 0, "faces": 1});
    assert_eq!(counts, expected);
    assert_eq!(
        std::fs::read_dir(&server.web.settings.spool).unwrap().count(),
        0,
        "nothing stays in the spool"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_request_without_a_photo_or_with_a_broken_form_is_refused(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let uri = format!("/api/events/{event}/photos");
    assert_eq!(server.post_form(&uri, &[("other", None, b"x")]).await.code(), "field_invalid");
    assert_eq!(server.post(&uri, &json!({})).await.code(), "bad_request");
    let many: Vec<(String, Vec<u8>)> =
        (0..101).map(|n| (format!("{n}.jpg"), Fake::photo_of(&[&format!("p{n}")]).to_vec())).collect();
    let parts: Vec<_> =
        many.iter().map(|(name, bytes)| ("photo", Some(name.as_str()), bytes.as_slice())).collect();
    let answer = server.post_form(&uri, &parts).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_full_house_is_told_to_come_back(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let places = u32::try_from(server.web.settings.uploads.available_permits()).unwrap();
    let _all = server.web.settings.uploads.acquire_many(places).await.unwrap();
    let answer = server.upload(&event, &[("a.jpg", &["ann"])]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "busy"));
    assert_eq!(answer.headers["retry-after"], "5");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_failed_photo_says_why_and_is_read_again(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("bad.jpg", &["damaged"]), ("good.jpg", &["ann"])]).await;
    server.work().await;
    let failed = server.get(&format!("/api/events/{event}/photos?state=failed")).await.json();
    let photo = &failed["photos"][0];
    assert_eq!((photo["file_name"].as_str(), photo["state"].as_str()), (Some("bad.jpg"), Some("failed")));
    assert_eq!(photo["reason"]["code"], "truncated");
    assert!(photo["reason"]["detail"].as_str().unwrap().contains("cut off"));
    let photo_id = photo["photo_id"].as_str().unwrap();
    let uri = format!("/api/events/{event}/photos/{photo_id}/retry");
    assert_eq!(server.post(&uri, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.post(&uri, &json!({})).await.code(), "photo_not_found", "it is waiting, not failed");
    server.work().await;
    let failed = server.get(&format!("/api/events/{event}/photos?state=failed")).await.json();
    assert_eq!(failed["photos"].as_array().unwrap().len(), 1);
    let elsewhere = server.event("Other").await;
    let uri = format!("/api/events/{elsewhere}/photos/{photo_id}/retry");
    assert_eq!(server.post(&uri, &json!({})).await.code(), "photo_not_found", "another event's photo");
    assert_eq!(
        server.post(&format!("/api/events/{event}/photos/x/retry"), &json!({})).await.code(),
        "photo_not_found"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_are_listed_page_by_page(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    for n in 0..5 {
        server.upload(&event, &[(&format!("{n}.jpg"), &[&format!("p{n}")])]).await;
        server.pass(1);
    }
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/api/events/{event}/photos?state=all&limit=2{after}")).await.json();
        for photo in page["photos"].as_array().unwrap() {
            names.push(photo["file_name"].as_str().unwrap().to_owned());
            assert!(photo["thumb_url"].is_null(), "there is no thumb before it is read");
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["4.jpg", "3.jpg", "2.jpg", "1.jpg", "0.jpg"]);
    for wrong in ["state=x", "after=x"] {
        assert_eq!(server.get(&format!("/api/events/{event}/photos?{wrong}")).await.code(), "field_invalid");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn progress_is_told_at_once_and_when_it_changes(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("a.jpg", &["ann"])]).await;
    let response = server.open(&format!("/api/events/{event}/progress")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let first = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.contains("event: progress\ndata: {\"received\":1,\"waiting\":1"), "{first}");
    server.work().await;
    server.web.news.publish(News::Unknown);
    let photo = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(photo.contains("event: photo\n") && photo.contains("\"state\":\"ready\""), "{photo}");
    let second = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(second.contains("\"waiting\":0,\"working\":0,\"ready\":1"), "{second}");
}
