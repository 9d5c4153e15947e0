//! `/api/settings`: switches of the whole installation.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Store;
use store::setting::Setting;
use utoipa::ToSchema;

use crate::error::{Problem, commit};
use crate::extract::{Admin, Body};

/// The switches.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// Whether all staff must have a second step at log-in.
    require_mfa: bool,
}

/// The switches as they are.
#[utoipa::path(get, path = "/api/settings", tag = "staff", responses((status = 200, body = Settings)))]
pub async fn show_settings(_: Admin, State(store): State<Store>) -> Result<Json<Settings>, Problem> {
    let mut tx = store.begin().await?;
    let Setting { require_mfa } = store::setting::get(&mut tx).await?;
    Ok(Json(Settings { require_mfa }))
}

/// Sets the switches. Who lacks a second step once it is required can only set one up.
#[utoipa::path(put, path = "/api/settings", tag = "staff", request_body = Settings,
    responses((status = 200, body = Settings)))]
pub async fn change_settings(
    _: Admin,
    State(store): State<Store>,
    Body(settings): Body<Settings>,
) -> Result<Json<Settings>, Problem> {
    let mut tx = store.begin().await?;
    store::setting::set(&mut tx, Setting { require_mfa: settings.require_mfa }).await?;
    commit(tx).await?;
    Ok(Json(settings))
}
