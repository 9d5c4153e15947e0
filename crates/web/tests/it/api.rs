//! What holds for the whole API.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use sqlx::PgPool;

use crate::harness::Server;

/// What anybody may call. Everything else answers 401 to a stranger. This list may only shrink, or grow with a reason.
const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/live"), // probes
    ("GET", "/ready"),
    ("GET", "/health"),
    ("GET", "/api/health-check"),
    ("GET", "/api/setup"),  // says only whether a first admin is needed
    ("POST", "/api/setup"), // needs the token of the link
    ("POST", "/api/login"),
    ("POST", "/api/logout"),                           // ends nothing without a session
    ("GET", "/api/attendee/events/{event}"),           // the event's page
    ("POST", "/api/events/{event}/search"),            // needs a consent
    ("GET", "/media/{event_id}/{sha256}/{rendition}"), // needs a signature
];

fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(web::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    operations
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_endpoint_but_the_public_ones_refuses_a_stranger(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let mut stranger = server;
    stranger.forget_cookie();
    let operations = operations();
    assert_eq!(operations.len(), 19, "the walk must meet every endpoint: {operations:?}");
    let mut public = 0;
    for (method, path) in operations {
        let uri =
            path.replace("{event}", &event).replace("{photo_id}", "00000000-0000-0000-0000-000000000000");
        let request = Request::builder().method(&method).uri(&uri).header("x-findme", "1");
        let answer = stranger.send(request.body(Body::empty()).unwrap()).await;
        if PUBLIC.contains(&(method.as_str(), path.as_str())) {
            public += 1;
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
        } else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    assert_eq!(public, PUBLIC.len(), "the list names an endpoint that does not exist");
}

#[sqlx::test(migrations = "../../migrations")]
async fn probes_and_documentation_answer(pool: PgPool) {
    let server = Server::start(&pool).await;
    assert_eq!(server.get("/live").await.bytes, b"live");
    assert_eq!(server.get("/ready").await.bytes, b"ready");
    for uri in ["/health", "/api/health-check"] {
        let report = server.get(uri).await.json();
        assert_eq!(
            (report["status"].as_str(), report["parts"]["database"].as_str()),
            (Some("healthy"), Some("ok"))
        );
    }
    assert_eq!(server.get("/api-docs/openapi.json").await.json()["info"]["title"], "FindMe");
    assert_eq!(server.get("/api-docs/").await.status, StatusCode::OK);
    assert_eq!(server.get("/e/gala").await.bytes, b"a page", "whatever is not the API's is a page");
}

#[sqlx::test(migrations = "../../migrations")]
async fn errors_are_problem_json_with_an_id(pool: PgPool) {
    let server = Server::start(&pool).await;
    let answer = server.get("/api/nothing").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "no_such_endpoint"));
    assert_eq!(answer.json()["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    sqlx::query("drop table staff cascade").execute(&pool).await.unwrap();
    let answer = server.get("/api/setup").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(!text.contains("staff"), "the caller is not told about our tables: {text}");
}
