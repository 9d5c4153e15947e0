//! `DELETE /api/events/{event}/images/{kind}`: the event's logo or cover goes.

use axum::extract::State;
use axum::http::StatusCode;
use store::event_image;

use super::put_image::drop_unnamed;
use crate::Web;
use crate::error::{Code, Problem, commit};
use crate::extract::{EventStaff, ImageKindInPath};

/// Takes the logo or the cover (`kind`) from the event.
#[utoipa::path(delete, path = "/api/events/{event}/images/{kind}", tag = "events",
    params(("event" = String, Path, description = "Slug or id"), ("kind" = String, Path, description = "`logo` or `cover`")),
    responses((status = 204)))]
pub async fn delete_image(
    EventStaff { event, .. }: EventStaff,
    ImageKindInPath(kind): ImageKindInPath,
    State(web): State<Web>,
) -> Result<StatusCode, Problem> {
    let event_id = event.event_id;
    let mut tx = web.store.begin().await?;
    store::event::lock(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let images = event_image::of(&mut tx, &[event_id]).await?;
    let image = images.iter().find(|image| image.kind == kind).ok_or(Code::ImageNotFound)?;
    event_image::delete(&mut tx, event_id, kind).await?;
    commit(tx).await?;
    drop_unnamed(&web.store, &web.blobs, event_id, image.sha256).await;
    Ok(StatusCode::NO_CONTENT)
}
