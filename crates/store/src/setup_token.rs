//! The one-time links that create the first admin. Only the hash of a token is kept.

use domain::Digest;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Result;
use crate::sql::query;

/// Allows the token with this hash until `expires_at`.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, token_hash: Digest, expires_at: OffsetDateTime) -> Result<()> {
    query("insert into setup_token (token_hash, expires_at) values ($1, $2)")
        .bind(token_hash.0.as_slice())
        .bind(expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Uses up the token; true when it was good. All other tokens end with it.
///
/// # Errors
/// When the database fails.
pub async fn consume(db: &mut PgConnection, token_hash: Digest, now: OffsetDateTime) -> Result<bool> {
    let used = query("delete from setup_token where token_hash = $1 and expires_at > $2")
        .bind(token_hash.0.as_slice())
        .bind(now)
        .execute(&mut *db)
        .await?
        .rows_affected();
    if used == 1 {
        query("delete from setup_token").execute(db).await?;
    }
    Ok(used == 1)
}
