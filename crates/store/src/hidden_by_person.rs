//! Photos that show somebody who chose to be hidden.

use domain::{EventId, PhotoId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::sql::query_scalar;

/// A condition on a row of `photo`: a person who is on it, surely or by their own word, has chosen to be hidden.
macro_rules! hidden_by_person {
    () => {
        "(exists (select from verdict join visitor using (event_id, visitor_id) \
           where verdict.event_id = photo.event_id and verdict.photo_id = photo.photo_id and is_me and hidden) \
         or exists (select from template_match join visitor using (event_id, visitor_id) \
           where template_match.event_id = photo.event_id and template_match.photo_id = photo.photo_id \
           and band = 'sure' and hidden and not exists (select from verdict where verdict.event_id = photo.event_id \
             and verdict.photo_id = photo.photo_id and verdict.visitor_id = visitor.visitor_id and not is_me)))"
    };
}
pub(crate) use hidden_by_person;

/// Those of `photo_ids` that show somebody who chose to be hidden.
///
/// # Errors
/// When the database fails.
pub async fn among(db: &mut PgConnection, event_id: EventId, photo_ids: &[PhotoId]) -> Result<Vec<PhotoId>> {
    let ids: Vec<Uuid> = photo_ids.iter().map(|photo| photo.0).collect();
    let hidden: Vec<Uuid> = query_scalar(concat!(
        "select photo_id from photo where event_id = $1 and photo_id = any($2) and ",
        hidden_by_person!()
    ))
    .bind(event_id.0)
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(hidden.into_iter().map(PhotoId).collect())
}
