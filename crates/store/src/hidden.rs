//! Photos of people who want to be hidden: seen by that person and by staff, and by nobody else.
//!
//! Which photos these are stands once, in the view `hidden_photo`. A search, a list, a count or a picture that visitors
//! get asks it through `not_hidden_from` or the functions here.

use domain::{Digest, EventId, PhotoId, VisitorId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_scalar};

/// A condition on rows of `photo`: nobody but the viewer wants to be hidden on it. The viewer is a parameter such as
/// `$2`, a visitor's id or null.
macro_rules! not_hidden_from {
    ($viewer:literal) => {
        concat!(
            "not exists (select from hidden_photo where hidden_photo.event_id = photo.event_id \
             and hidden_photo.photo_id = photo.photo_id and hidden_photo.visitor_id is distinct from ",
            $viewer,
            "::uuid)"
        )
    };
}
pub(crate) use not_hidden_from;

/// Whether the photos that show this person are kept from all others, from now on; true when there is such a visitor.
/// To be called with the event's row locked ([`crate::event::next_change`]): it changes what others see.
///
/// # Errors
/// When the database fails.
pub async fn set(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    hidden: bool,
) -> Result<bool> {
    let done = query("update visitor set hidden = $3 where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .bind(hidden)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Those of `photo_ids` on which somebody else than `viewer` wants to be hidden.
///
/// # Errors
/// When the database fails.
pub async fn among(
    db: &mut PgConnection,
    event_id: EventId,
    viewer: Option<VisitorId>,
    photo_ids: &[PhotoId],
) -> Result<Vec<PhotoId>> {
    let ids: Vec<Uuid> = photo_ids.iter().map(|photo| photo.0).collect();
    let hidden: Vec<Uuid> = query_scalar(
        "select distinct photo_id from hidden_photo where event_id = $1 and photo_id = any($3) \
         and visitor_id is distinct from $2::uuid",
    )
    .bind(event_id.0)
    .bind(viewer.map(|visitor| visitor.0))
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(hidden.into_iter().map(PhotoId).collect())
}

/// Those of the photos with these digests that `viewer` may see: of which nothing stands in the way, neither that they
/// are not published nor that somebody else wants to be hidden.
///
/// # Errors
/// When the database fails.
pub async fn shown(
    db: &mut PgConnection,
    event_id: EventId,
    viewer: Option<VisitorId>,
    sha256: &[Digest],
) -> Result<Vec<Digest>> {
    let asked: Vec<&[u8]> = sha256.iter().map(|digest| digest.0.as_slice()).collect();
    let shown: Vec<Vec<u8>> = query_scalar(concat!(
        "select sha256 from photo where event_id = $1 and sha256 = any($3) and published and ",
        not_hidden_from!("$2")
    ))
    .bind(event_id.0)
    .bind(viewer.map(|visitor| visitor.0))
    .bind(asked)
    .fetch_all(db)
    .await?;
    shown.iter().map(|bytes| crate::photo::digest(bytes)).collect()
}
