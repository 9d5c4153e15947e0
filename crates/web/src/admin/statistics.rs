//! `GET /api/statistics`: the installation in figures.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::Store;
use store::statistics::Totals;
use utoipa::ToSchema;

use crate::error::Problem;
use crate::extract::Admin;

/// The installation in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statistics {
    events: i64,
    /// In whatever state.
    photos: i64,
    /// Of the ready photos.
    faces: i64,
    /// Length of all originals.
    size_bytes: i64,
    /// Admins, organisers, photographers.
    staff: i64,
    /// Accounts of attendees.
    attendees: i64,
}

/// The installation in figures.
#[utoipa::path(get, path = "/api/statistics", tag = "staff", responses((status = 200, body = Statistics)))]
pub async fn statistics(_: Admin, State(store): State<Store>) -> Result<Json<Statistics>, Problem> {
    let mut tx = store.begin().await?;
    let Totals { events, photos, faces, size_bytes, staff, attendees } =
        store::statistics::totals(&mut tx).await?;
    Ok(Json(Statistics { events, photos, faces, size_bytes, staff, attendees }))
}
