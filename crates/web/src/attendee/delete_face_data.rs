//! `DELETE /api/attendee/me/face-data`: a person takes back all that their face is known by.

use axum::Json;
use axum::extract::State;

use super::receipt::{Receipt, delete_faces};
use crate::Web;
use crate::context::Context;
use crate::error::Problem;
use crate::extract::Attendee;

/// Deletes the face that is kept, what it was found in, and what the person said of photos; they are hidden no longer. The
/// account and its favourites stay.
#[utoipa::path(delete, path = "/api/attendee/me/face-data", tag = "attendees",
    responses((status = 200, body = Receipt)))]
pub async fn delete_face_data(
    attendee: Attendee,
    State(web): State<Web>,
    context: Context,
) -> Result<Json<Receipt>, Problem> {
    delete_faces(&web, &attendee, &context, true).await.map(Json)
}
