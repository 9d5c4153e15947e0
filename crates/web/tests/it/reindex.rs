//! Another model pack for an event, over HTTP.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use recognizer::{Fake, Recognizer};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Answer, Server};

const NEW: &str = Fake::OTHER_PACK_NAME;

async fn ask(server: &Server, event: &str, pack: &str) -> Answer {
    server.post(&format!("/api/events/{event}/reindex"), &json!({ "pack": pack })).await
}

async fn cancel(server: &Server, event: &str) -> StatusCode {
    let request = axum::http::Request::builder()
        .method(Method::DELETE)
        .uri(format!("/api/events/{event}/reindex"))
        .header("x-findme", "1")
        .body(axum::body::Body::empty())
        .unwrap();
    server.send(request).await.status
}

async fn shown(server: &Server, event: &str) -> (Value, Value) {
    let event = server.get(&format!("/api/events/{event}")).await.json();
    (event["pack"].clone(), event["reindex"].clone())
}

/// The photos that the search for Ann shows.
async fn of_ann(server: &Server, event: &str) -> Vec<String> {
    let answer = server.search(event, &["ann"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
    let answer = answer.json();
    let mut found: Vec<String> = answer["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["photo_id"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    found
}

async fn gala(server: &Server, photos: usize) -> String {
    let event = server.event("Gala").await;
    for n in 0..photos {
        server.upload(&event, &[("a.jpg", &["ann", &format!("friend{n}")])]).await;
    }
    server.work().await;
    event
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_pack_is_asked_for_shown_and_taken_back(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, 3).await;
    let found = of_ann(&server, &event).await;
    assert_eq!(found.len(), 3);
    assert_eq!(shown(&server, &event).await, (json!("fake"), Value::Null));
    for (pack, code) in
        [("nonsense", "pack_not_available"), ("", "pack_not_available"), ("fake", "pack_in_use")]
    {
        let refused = ask(&server, &event, pack).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, code),
            "{pack}"
        );
        assert_eq!(refused.json()["field"], "pack");
    }
    assert_eq!(cancel(&server, &event).await, StatusCode::NO_CONTENT, "nothing runs, nothing changes");
    for _ in 0..2 {
        assert_eq!(ask(&server, &event, NEW).await.status, StatusCode::ACCEPTED);
        let running = json!({"pack": NEW, "done": 0, "total": 3, "failed": 0});
        assert_eq!(shown(&server, &event).await, (json!("fake"), running.clone()));
        assert_eq!(server.get("/api/events").await.json()["events"][0]["reindex"], running);
        let again = ask(&server, &event, NEW).await;
        assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "reindex_running"));
        assert_eq!(of_ann(&server, &event).await, found);
        assert_eq!(cancel(&server, &event).await, StatusCode::NO_CONTENT);
        assert_eq!(shown(&server, &event).await, (json!("fake"), Value::Null));
    }
    assert_eq!(ask(&server, &event, NEW).await.status, StatusCode::ACCEPTED);
    server.work().await;
    assert_eq!(shown(&server, &event).await, (json!(NEW), Value::Null));
    assert_eq!(of_ann(&server, &event).await, found);
    assert_eq!(ask(&server, &event, NEW).await.code(), "pack_in_use");
    assert_eq!(ask(&server, &event, "fake").await.status, StatusCode::ACCEPTED, "and back");
    server.work().await;
    assert_eq!(shown(&server, &event).await.0, "fake");
    assert_eq!(of_ann(&server, &event).await, found);
}

/// Searches go on while photos are read anew, in the process that reads them and in others, and at the very moment when
/// the event switches: no answer lacks a photo.
#[sqlx::test(migrations = "../../migrations")]
async fn every_answer_is_whole_while_the_event_switches(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = gala(&server, 6).await;
    let mut fresh = Server::start(&pool).await;
    let found = of_ann(&server, &event).await;
    assert_eq!(found.len(), 6);
    let (mut searched, mut packs) = (0, [NEW, Fake::PACK_NAME].into_iter().cycle());
    for _ in 0..10 {
        let pack = packs.next().unwrap();
        assert_eq!(ask(&server, &event, pack).await.status, StatusCode::ACCEPTED);
        let mut worker = server.worker();
        worker.settings.batch = 1;
        let mut working = tokio::spawn(async move { worker.run_until_idle().await.unwrap() });
        loop {
            // Has no gallery in memory, so it reads one that may go away under it.
            fresh.web.recognizer = Recognizer::Fake(Arc::new(Fake::new(Arc::new(fresh.web.store.clone()))));
            fresh.rebuild();
            for server in [&server, &fresh] {
                assert_eq!(of_ann(server, &event).await, found, "on the way to {pack}");
                searched += 1;
            }
            if working.is_finished() {
                (&mut working).await.unwrap();
                break;
            }
        }
        assert_eq!(shown(&server, &event).await, (json!(pack), Value::Null));
        assert_eq!(of_ann(&server, &event).await, found);
    }
    assert!(searched >= 20, "{searched}");
}
