//! `OPTIONS /api/events/{event}/uploads`: what of the protocol is spoken here.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use intake::{Algorithm, SIZE_BYTES_MAX};

/// Says which version, extensions and sizes of the tus protocol are spoken here. Anybody may ask.
#[utoipa::path(options, path = "/api/events/{event}/uploads", tag = "uploads", params(("event" = String, Path, description = "Slug or id")),
    responses((status = 204, headers(
        ("Tus-Version" = String), ("Tus-Extension" = String), ("Tus-Max-Size" = i64), ("Tus-Checksum-Algorithm" = String)))))]
pub async fn upload_options() -> impl IntoResponse {
    let headers = [
        ("tus-extension", "creation,expiration,checksum,termination".to_owned()),
        ("tus-max-size", SIZE_BYTES_MAX.to_string()),
        ("tus-checksum-algorithm", Algorithm::ALL.map(Algorithm::as_str).join(",")),
    ];
    (StatusCode::NO_CONTENT, headers)
}
