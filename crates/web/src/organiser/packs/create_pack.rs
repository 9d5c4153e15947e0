//! `POST /api/events/{event}/packs`: a new pack.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccessCode, PackId};
use serde::Deserialize;
use store::access_pack::{self, NewPack};
use utoipa::ToSchema;

use super::Pack;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventManager};

/// Sizes of packs.
const SEATS: [i32; 4] = [10, 30, 50, 100];
/// How long the code of a pack is.
const CODE_CHARS: usize = 8;
/// Codes tried, should an event have one already.
const TRIES_MAX: usize = 4;

/// A new pack.
#[derive(Deserialize, ToSchema)]
pub struct PackForm {
    /// 10, 30, 50 or 100.
    #[schema(example = 30)]
    seats: i32,
}

/// Makes a pack, with a new code.
#[utoipa::path(post, path = "/api/events/{event}/packs", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = PackForm,
    responses((status = 201, body = Pack)))]
pub async fn create_pack(
    EventManager { user, event }: EventManager,
    context: Context,
    State(web): State<Web>,
    Body(form): Body<PackForm>,
) -> Result<(StatusCode, Json<Pack>), Problem> {
    if !SEATS.contains(&form.seats) {
        return Err(Problem::field("seats"));
    }
    for _ in 0..TRIES_MAX {
        let new = NewPack {
            event_id: event.event_id,
            pack_id: PackId::from_entropy(&web.entropy),
            code: &AccessCode::from_entropy::<CODE_CHARS>(&web.entropy),
            seats: form.seats,
            created_by: user.user_id(),
            created_at: web.clock.now(),
        };
        let mut tx = web.store.begin().await?;
        match access_pack::insert(&mut tx, &new).await {
            Err(error) if error.violates_unique(access_pack::CODE_UNIQUE) => continue,
            inserted => inserted?,
        }
        let pack = access_pack::by_id(&mut tx, event.event_id, new.pack_id).await?;
        commit(tx).await?;
        context.about(new.pack_id.0);
        return Ok((StatusCode::CREATED, Json(pack.ok_or(Code::PackNotFound)?.into())));
    }
    Err(Code::Unavailable.into())
}
