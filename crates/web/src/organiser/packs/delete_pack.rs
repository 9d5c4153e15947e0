//! `DELETE /api/events/{event}/packs/{pack_id}`: a pack goes.

use axum::extract::State;
use axum::http::StatusCode;
use store::{Store, access_pack};

use crate::error::{Code, Problem, commit};
use crate::extract::{EventManager, PackInPath};

/// Deletes a pack. Those who entered by it have to enter again; what they keep here stays.
#[utoipa::path(delete, path = "/api/events/{event}/packs/{pack_id}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("pack_id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn delete_pack(
    EventManager { event, .. }: EventManager,
    PackInPath(pack_id): PackInPath,
    State(store): State<Store>,
) -> Result<StatusCode, Problem> {
    let mut tx = store.begin().await?;
    if !access_pack::delete(&mut tx, event.event_id, pack_id).await? {
        return Err(Code::PackNotFound.into());
    }
    commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
