//! What holds for the whole API.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::harness::Server;

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
