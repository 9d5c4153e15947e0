//! `GET /api/events/{event}/packs/{pack_id}`: a pack and who took its seats.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{Store, access_pack};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Pack;
use crate::error::{Code, Problem};
use crate::extract::{EventManager, PackInPath};

/// A pack and who took its seats.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackWithUses {
    #[serde(flatten)]
    pack: Pack,
    /// In the order in which they came.
    uses: Vec<PackUse>,
}

/// A seat that somebody took.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackUse {
    #[serde(with = "time::serde::rfc3339::option")]
    entered_at: Option<OffsetDateTime>,
    /// The name of the account; null for a person without one.
    account: Option<String>,
}

/// One pack and who took its seats.
#[utoipa::path(get, path = "/api/events/{event}/packs/{pack_id}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("pack_id" = Uuid, Path)),
    responses((status = 200, body = PackWithUses)))]
pub async fn show_pack(
    EventManager { event, .. }: EventManager,
    PackInPath(pack_id): PackInPath,
    State(store): State<Store>,
) -> Result<Json<PackWithUses>, Problem> {
    let mut tx = store.begin().await?;
    let pack = access_pack::by_id(&mut tx, event.event_id, pack_id).await?.ok_or(Code::PackNotFound)?;
    let uses = access_pack::uses(&mut tx, event.event_id, pack_id).await?;
    let shown = |used: access_pack::Use| PackUse { entered_at: used.entered_at, account: used.account };
    Ok(Json(PackWithUses { pack: pack.into(), uses: uses.into_iter().map(shown).collect() }))
}
