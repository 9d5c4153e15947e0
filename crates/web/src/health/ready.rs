//! `GET /ready`: database, photo store and models work. (The process only starts once the models are loaded.)

use axum::extract::State;
use blobs::Blobs;
use store::Store;

use super::failing_parts;
use crate::error::{Code, PHOTO_STORE_RETRY_S, Problem};

/// Whether this process can serve people.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, body = String)))]
pub async fn ready(State(store): State<Store>, State(blobs): State<Blobs>) -> Result<&'static str, Problem> {
    let well = failing_parts(&store, &blobs).await.is_empty();
    well.then_some("ready").ok_or_else(|| Problem::later(Code::Unavailable, PHOTO_STORE_RETRY_S))
}
