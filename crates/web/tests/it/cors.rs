//! Pages of other origins, and errors in the caller's language.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use sqlx::PgPool;
use web::WebSettings;

use crate::harness::{Answer, Server};

const OURS: &str = "https://app.example.org";

async fn server(pool: &PgPool) -> Server {
    let allowed_origins = vec![HeaderValue::from_static(OURS)];
    Server::with_settings(pool, WebSettings { allowed_origins, ..WebSettings::default() }).await
}

async fn from(server: &Server, origin: &str, method: Method, uri: &str) -> Answer {
    let request = Request::builder().method(method).uri(uri).header(header::ORIGIN, origin);
    server.send(request.header("x-findme", "1").body(Body::empty()).unwrap()).await
}

/// The CORS headers of an answer.
fn cors(headers: &HeaderMap) -> Vec<(String, String)> {
    let ours = headers.iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
    ours.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_answer_has_the_same_headers_for_an_allowed_origin(pool: PgPool) {
    let server = server(&pool).await;
    let good = from(&server, OURS, Method::GET, "/live").await;
    let expected = cors(&good.headers);
    assert!(expected.contains(&("access-control-allow-origin".to_owned(), OURS.to_owned())), "{expected:?}");
    assert!(expected.contains(&("access-control-allow-credentials".to_owned(), "true".to_owned())));
    let answers = [
        (Method::GET, "/api/me", 401),
        (Method::GET, "/api/nothing", 404),
        (Method::DELETE, "/api/login", 405),
        (Method::POST, "/api/login", 415),
        (Method::GET, "/api/attendee/events/nowhere", 404),
        (Method::GET, "/a/page", 200),
    ];
    for (method, uri, status) in answers {
        let answer = from(&server, OURS, method, uri).await;
        assert_eq!(answer.status.as_u16(), status, "{uri}");
        assert_eq!(cors(&answer.headers), expected, "{uri}");
    }
    // A failure of ours, and a handler that panics.
    sqlx::query("drop table setup_token, staff cascade").execute(&pool).await.unwrap();
    let failed = from(&server, OURS, Method::GET, "/api/setup").await;
    assert_eq!((failed.status, cors(&failed.headers)), (StatusCode::INTERNAL_SERVER_ERROR, expected.clone()));
    let panicked = from(&server, OURS, Method::GET, "/panic").await;
    assert_eq!((panicked.status, panicked.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert_eq!(cors(&panicked.headers), expected);
    assert_eq!(panicked.json()["request_id"], panicked.headers["x-request-id"].to_str().unwrap());
}

#[sqlx::test(migrations = "../../migrations")]
async fn other_origins_are_not_told_that_they_may(pool: PgPool) {
    let server = server(&pool).await;
    for origin in
        ["https://evil.example", "https://app.example.org.evil.example", "http://app.example.org", "null"]
    {
        let answer = from(&server, origin, Method::GET, "/live").await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let preflight = Request::options("/api/login")
        .header(header::ORIGIN, OURS)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-findme")
        .body(Body::empty())
        .unwrap();
    let answer = server.send(preflight).await;
    assert_eq!(answer.headers["access-control-allow-origin"], OURS);
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("x-findme") && allowed.contains("content-type"), "{allowed}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn errors_are_in_the_callers_language(pool: PgPool) {
    let server = Server::start(&pool).await;
    for (language, word) in
        [("fr-CA,fr;q=0.9", "Connectez-vous"), ("en", "Please log in"), ("de", "Please log in")]
    {
        let request = Request::get("/api/me").header(header::ACCEPT_LANGUAGE, language).body(Body::empty());
        let answer = server.send(request.unwrap()).await;
        assert_eq!(answer.json()["title"], word);
        assert_eq!(answer.code(), "not_logged_in");
    }
}
