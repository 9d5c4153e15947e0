//! The first admin, logging in and out.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Server, admin};

#[sqlx::test(migrations = "../../migrations")]
async fn the_setup_link_makes_one_admin_and_no_second(pool: PgPool) {
    let mut server = Server::start(&pool).await;
    assert_eq!(server.get("/api/setup").await.json(), json!({"needed": true}));
    let token = server.setup_token().await.unwrap();
    let wrong = server.post("/api/setup", &admin("nonsense")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::FORBIDDEN, "setup_token_invalid"));
    for (field, value) in [("email", "nonsense"), ("password", "short"), ("name", " ")] {
        let mut form = admin(&token);
        form[field] = value.into();
        let answer = server.post("/api/setup", &form).await;
        assert_eq!(answer.code(), "field_invalid");
        assert_eq!(answer.json()["field"], field, "the answer names the field");
    }
    let made = server.post("/api/setup", &admin(&token)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    server.keep_cookies(&made);
    assert_eq!(server.get("/api/me").await.json()["email"], "ann@example.org");
    assert_eq!(server.post("/api/setup", &admin(&token)).await.code(), "setup_done");
    assert_eq!(server.get("/api/setup").await.json(), json!({"needed": false}));
    assert_eq!(server.setup_token().await, None, "no link is made once there is an admin");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_setup_link_runs_out(pool: PgPool) {
    let server = Server::start(&pool).await;
    let token = server.setup_token().await.unwrap();
    server.pass(24 * 3600 + 1);
    assert_eq!(server.post("/api/setup", &admin(&token)).await.code(), "setup_token_invalid");
}

#[sqlx::test(migrations = "../../migrations")]
async fn staff_log_in_and_out(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    server.forget_cookies();
    assert_eq!(server.get("/api/me").await.code(), "not_logged_in");
    for (email, password) in
        [("ann@example.org", "wrong horse"), ("bob@example.org", "correct horse"), ("x", "y")]
    {
        let refused = server.post("/api/login", &json!({"email": email, "password": password})).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNAUTHORIZED, "wrong_credentials")
        );
    }
    let entered =
        server.post("/api/login", &json!({"email": "ANN@example.org", "password": "correct horse"})).await;
    assert_eq!(entered.status, StatusCode::OK);
    server.keep_cookies(&entered);
    assert_eq!(server.get("/api/me").await.status, StatusCode::OK);
    assert_eq!(server.post("/api/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/api/me").await.code(), "not_logged_in", "the token is worth nothing any more");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_session_ends_by_itself(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    server.pass(15 * 24 * 3600);
    assert_eq!(server.get("/api/me").await.code(), "not_logged_in");
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_sites_page_cannot_use_the_cookie(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    for uri in ["/api/events", "/api/logout"] {
        let forged = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(r#"{"name":"x"}"#))
            .unwrap();
        assert_eq!(server.send(forged).await.code(), "guard_header_missing", "{uri}");
    }
    assert_eq!(server.get("/api/me").await.status, StatusCode::OK);
}
