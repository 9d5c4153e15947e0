//! `GET /health` and `GET /api/health-check`: each part, for people and monitors.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use blobs::Blobs;
use domain::Clock;
use recognizer::Recognizer;
use serde::Serialize;
use store::Store;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::failing_parts;

/// The state of the installation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    version: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    timestamp: OffsetDateTime,
    parts: Parts,
}

/// The state of each part: `ok` or `failing`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Parts {
    database: &'static str,
    blobs: &'static str,
    /// The name of the model pack that is loaded.
    models: String,
}

/// The state of each part.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, body = Report), (status = 503, body = Report)))]
pub async fn health(
    State(store): State<Store>,
    State(blobs): State<Blobs>,
    State(recognizer): State<Recognizer>,
    State(clock): State<Clock>,
) -> (StatusCode, Json<Report>) {
    let failing = failing_parts(&store, &blobs).await;
    let word = |part| if failing.contains(&part) { "failing" } else { "ok" };
    let (status, text) = if failing.is_empty() {
        (StatusCode::OK, "healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
    };
    let parts =
        Parts { database: word("database"), blobs: word("blobs"), models: recognizer.pack_name().to_owned() };
    (status, Json(Report { status: text, version: env!("CARGO_PKG_VERSION"), timestamp: clock.now(), parts }))
}

/// The same as `/health`.
#[utoipa::path(get, path = "/api/health-check", tag = "health",
    responses((status = 200, body = Report), (status = 503, body = Report)))]
pub async fn health_check(
    store: State<Store>,
    blobs: State<Blobs>,
    recognizer: State<Recognizer>,
    clock: State<Clock>,
) -> (StatusCode, Json<Report>) {
    health(store, blobs, recognizer, clock).await
}
