//! `GET /ready`: database, photo store and models work. (The process only starts once the models are loaded.)

use axum::extract::State;
use blobs::Blobs;
use store::Store;

use super::failing_parts;
use crate::error::{Code, Problem};

/// Whether this process can serve people.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, body = String)))]
pub async fn ready(State(store): State<Store>, State(blobs): State<Blobs>) -> Result<&'static str, Problem> {
    if failing_parts(&store, &blobs).await.is_empty() { Ok("ready") } else { Err(Code::Unavailable.into()) }
}
