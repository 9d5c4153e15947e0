//! Consents to be searched for: when, at which event, to which wording. Not who: a person who searches has no name.

use domain::EventId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::query;

/// Records a consent.
///
/// # Errors
/// When the event does not exist, or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    event_id: EventId,
    consent_id: Uuid,
    version: &str,
    given_at: OffsetDateTime,
) -> Result<()> {
    query("insert into consent (event_id, consent_id, version, given_at) values ($1, $2, $3, $4)")
        .bind(event_id.0)
        .bind(consent_id)
        .bind(version)
        .bind(given_at)
        .execute(db)
        .await?;
    Ok(())
}
