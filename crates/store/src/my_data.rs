//! How much is kept of a visitor.

use domain::{EventId, VisitorId};
use sqlx::PgConnection;

use crate::Result;
use crate::sql::query_as;

/// How much is kept of a visitor, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// Photos that they marked.
    pub favourites: i64,
    /// Photos of which they said whether they are on them.
    pub verdicts: i64,
    /// Photos that their template was found in.
    pub matches: i64,
}

/// Counts what is kept of a visitor.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<Kept> {
    Ok(query_as(
        "select (select count(*) from favourite where event_id = $1 and visitor_id = $2) as favourites, \
           (select count(*) from verdict where event_id = $1 and visitor_id = $2) as verdicts, \
           (select count(*) from template_match where event_id = $1 and visitor_id = $2) as matches",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .fetch_one(db)
    .await?)
}
