//! `GET /api/system`: how every part of the installation is.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::error::Problem;
use crate::extract::{Admin, InLanguage};
use crate::system::{Check, System};

/// How every part of the installation is.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemReport {
    version: &'static str,
    /// When the process that answers began.
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    checks: Vec<Check>,
}

/// Looks at every part, as `findme doctor` does, and says how to mend what does not work.
#[utoipa::path(get, path = "/api/system", tag = "system", responses((status = 200, body = SystemReport)))]
pub async fn system(
    _: Admin,
    State(system): State<System>,
    InLanguage(language): InLanguage,
) -> Result<Json<SystemReport>, Problem> {
    let checks = system.checks(language).await;
    let (version, started_at) = (env!("CARGO_PKG_VERSION"), system.started_at());
    Ok(Json(SystemReport { version, started_at, checks }))
}
