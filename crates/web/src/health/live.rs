//! `GET /live`: the process answers.

/// The process answers.
#[utoipa::path(get, path = "/live", tag = "health", responses((status = 200, body = String)))]
pub async fn live() -> &'static str {
    "live"
}
