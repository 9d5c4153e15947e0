//! The photos of an event as a screen at the event shows them.

use domain::{EventId, PhotoId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::hidden::not_hidden_from;
use crate::photo::{Photo, Row};
use crate::sql::query_as;

/// Where a page begins: behind this photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The event's number of its last change.
    pub change: i64,
    /// Its id.
    pub photo_id: PhotoId,
}

/// A page of the event's photos that everybody may see, what became ready or was published last first. Nobody is on them
/// who chose to be hidden.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &mut PgConnection,
    event_id: EventId,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Photo>> {
    let rows: Vec<Row> = query_as(concat!(
        "select * from photo where event_id = $1 and state = 'ready' and published and ",
        not_hidden_from!("null"),
        " and ($2::bigint is null or (change, photo_id) < ($2, $3::uuid)) order by change desc, photo_id desc limit $4"
    ))
    .bind(event_id.0)
    .bind(after.map(|cursor| cursor.change))
    .bind(after.map(|cursor| -> Uuid { cursor.photo_id.0 }))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Photo::try_from).collect()
}
