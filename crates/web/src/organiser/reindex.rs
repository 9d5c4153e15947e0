//! `POST /api/events/{event}/reindex`: the event is to be searched with another model pack.

use axum::extract::State;
use axum::http::StatusCode;
use recognizer::{PackRefused, Recognizer};
use serde::Deserialize;
use store::Store;
use store::reindex::Begun;
use utoipa::ToSchema;

use crate::error::{Code, Problem};
use crate::extract::{Body, EventManager};

/// Which pack the event is to have.
#[derive(Deserialize, ToSchema)]
pub struct ReindexForm {
    /// The name of a model pack, as `findme models list` shows it.
    #[schema(example = "open")]
    pack: String,
}

/// Reads all photos of the event anew, with another model pack.
///
/// Workers do it when no new photos wait. Until the last photo is read the event is searched as before, then with the
/// new pack; `reindex` of the event says how far it is. Photos in `failed` keep it from ending: asking again with the
/// same pack tries them again.
#[utoipa::path(post, path = "/api/events/{event}/reindex", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = ReindexForm,
    responses((status = 202, description = "It has begun")))]
pub async fn reindex(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
    State(recognizer): State<Recognizer>,
    Body(form): Body<ReindexForm>,
) -> Result<StatusCode, Problem> {
    recognizer.check_pack(&form.pack).map_err(|refused| match refused {
        PackRefused::Unknown { .. } | PackRefused::NotAllowed { .. } => {
            Problem::taken(Code::PackNotAvailable, "pack")
        }
        PackRefused::Missing { .. } => Problem::models_missing(&refused),
    })?;
    match store.begin_reindex(event.event_id, &form.pack).await? {
        Begun::Begun | Begun::Revived => Ok(StatusCode::ACCEPTED),
        Begun::Running => Err(Code::ReindexRunning.into()),
        Begun::SamePack => Err(Problem::taken(Code::PackInUse, "pack")),
        Begun::FacesKeptHere => Err(Problem::taken(Code::FacesKeptHere, "pack")),
        Begun::NoEvent => Err(Code::EventNotFound.into()),
    }
}
