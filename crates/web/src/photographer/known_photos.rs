//! `POST /api/events/{event}/photos/known`: which files need not be sent.

use axum::Json;
use axum::extract::State;
use domain::Digest;
use serde::{Deserialize, Serialize};
use store::Store;
use utoipa::ToSchema;

use crate::error::Problem;
use crate::extract::{Body, EventStaff};

/// Most digests in one request.
const DIGESTS_MAX: usize = 1000;
/// Room for so many digests in JSON.
pub(crate) const BODY_BYTES_MAX: usize = 128 * 1024;

/// Files that somebody is about to send.
#[derive(Deserialize, ToSchema)]
pub struct Asked {
    /// The SHA-256 of each, as 64 hexadecimal digits; up to 1000.
    sha256: Vec<String>,
}

/// Files that the event has.
#[derive(Debug, Serialize, ToSchema)]
pub struct Known {
    /// The SHA-256 of each.
    #[schema(value_type = Vec<String>)]
    known: Vec<Digest>,
}

/// Says which of these files the event has already, so that they need not be sent again.
#[utoipa::path(post, path = "/api/events/{event}/photos/known", tag = "photos",
    params(("event" = String, Path, description = "Slug or id")), request_body = Asked,
    responses((status = 200, body = Known)))]
pub async fn known_photos(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
    Body(asked): Body<Asked>,
) -> Result<Json<Known>, Problem> {
    let wrong = || Problem::field("sha256");
    if asked.sha256.len() > DIGESTS_MAX {
        return Err(wrong());
    }
    let digests: Result<Vec<Digest>, _> = asked.sha256.iter().map(|text| text.parse()).collect();
    let mut tx = store.begin().await?;
    let known = store::photo::known(&mut tx, event.event_id, &digests.map_err(|_| wrong())?).await?;
    Ok(Json(Known { known }))
}
