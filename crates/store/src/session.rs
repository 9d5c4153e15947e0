//! Who is logged in. Only the hash of a session's token is kept.

use domain::{Digest, Role, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as};
use crate::staff::role_of;

/// The person behind a session.
#[derive(Clone, Debug)]
pub struct SessionUser {
    /// Their id.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// Begins a session, and sweeps away those of the same person that have ended.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &mut PgConnection,
    token_hash: Digest,
    user_id: UserId,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<()> {
    query("delete from session where user_id = $1 and expires_at <= $2")
        .bind(user_id.0)
        .bind(now)
        .execute(&mut *db)
        .await?;
    query("insert into session (token_hash, user_id, expires_at) values ($1, $2, $3)")
        .bind(token_hash.0.as_slice())
        .bind(user_id.0)
        .bind(expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// The person whose token has this hash, while the session lasts.
///
/// # Errors
/// When the database fails.
pub async fn user(
    db: &mut PgConnection,
    token_hash: Digest,
    now: OffsetDateTime,
) -> Result<Option<SessionUser>> {
    let row: Option<(Uuid, String, String, String)> = query_as(
        "select user_id, role, name, email from session join staff using (user_id) \
         where token_hash = $1 and expires_at > $2",
    )
    .bind(token_hash.0.as_slice())
    .bind(now)
    .fetch_optional(db)
    .await?;
    let Some((user_id, role, name, email)) = row else { return Ok(None) };
    let role = role_of(&role)?;
    Ok(Some(SessionUser { user_id: UserId(user_id), role, name, email }))
}

/// Ends a session; ending one that does not exist is no error.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, token_hash: Digest) -> Result<()> {
    query("delete from session where token_hash = $1").bind(token_hash.0.as_slice()).execute(db).await?;
    Ok(())
}
