//! Making and listing events.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn events_are_made_listed_and_shown(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    assert_eq!(server.get("/api/events").await.json(), json!({"events": [], "next": null}));
    let made = server.post("/api/events", &json!({"name": " Gala d’été ", "held_on": "2026-07-14"})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let event = made.json();
    assert_eq!((event["name"].as_str(), event["held_on"].as_str()), (Some("Gala d’été"), Some("2026-07-14")));
    server.pass(1);
    let second = server.event("Gala d’été").await;
    assert_eq!(second, "gala-d-ete-2", "the address of the first is taken");
    let list = server.get("/api/events").await.json();
    assert_eq!(list["events"][0]["slug"], "gala-d-ete-2", "newest first");
    for name in [event["slug"].as_str().unwrap(), event["event_id"].as_str().unwrap()] {
        assert_eq!(server.get(&format!("/api/events/{name}")).await.json()["event_id"], event["event_id"]);
    }
    let public = server.get("/api/attendee/events/gala-d-ete").await.json();
    assert_eq!(public["photos_ready"], 0);
    assert!(public.get("event_id").is_none(), "the public sees no more than it needs");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_that_cannot_be_is_refused_in_the_callers_language(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let refused = server.post("/api/events", &json!({"name": ""})).await;
    assert_eq!((refused.code().as_str(), refused.json()["field"].as_str()), ("field_invalid", Some("name")));
    for unknown in ["nothing", "NOT-A-SLUG", "00000000-0000-0000-0000-000000000000", "%2e%2e"] {
        let request = Request::get(format!("/api/attendee/events/{unknown}"))
            .header("accept-language", "fr-FR,en;q=0.5")
            .body(Body::empty())
            .unwrap();
        let answer = server.send(request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::NOT_FOUND, "event_not_found"),
            "{unknown}"
        );
        assert_eq!(answer.json()["title"], "Événement introuvable");
    }
}
