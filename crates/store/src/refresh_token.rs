//! Tokens that are exchanged for fresh ones. Only their hashes are kept, the used ones too: one that comes a second
//! time tells that somebody else has it.

use domain::{Digest, SignInId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_scalar};

/// What became of a token that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// It was good and is used up now.
    Fresh(SignInId),
    /// It had been used before.
    Again(SignInId),
    /// Nobody knows it.
    Unknown,
}

/// Adds a token to a sign-in.
///
/// # Errors
/// When the sign-in has ended, or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    token_hash: Digest,
    sign_in_id: SignInId,
    now: OffsetDateTime,
) -> Result<()> {
    query("insert into refresh_token (token_hash, sign_in_id, issued_at) values ($1, $2, $3)")
        .bind(token_hash.0.as_slice())
        .bind(sign_in_id.0)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Uses a token up. Of two that hand it in at once, one is told that it was used before.
///
/// # Errors
/// When the database fails.
pub async fn consume(db: &mut PgConnection, token_hash: Digest, now: OffsetDateTime) -> Result<Used> {
    // The log-in first, as whoever ends it takes it first too.
    query(
        "select 1 from sign_in where sign_in_id = (select sign_in_id from refresh_token where token_hash = $1) \
         for update",
    )
    .bind(token_hash.0.as_slice())
    .execute(&mut *db)
    .await?;
    let fresh: Option<Uuid> = query_scalar(
        "update refresh_token set used_at = $2 where token_hash = $1 and used_at is null returning sign_in_id",
    )
    .bind(token_hash.0.as_slice())
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(sign_in_id) = fresh {
        return Ok(Used::Fresh(SignInId(sign_in_id)));
    }
    let known: Option<Uuid> = query_scalar("select sign_in_id from refresh_token where token_hash = $1")
        .bind(token_hash.0.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(known.map_or(Used::Unknown, |sign_in_id| Used::Again(SignInId(sign_in_id))))
}

/// The sign-in that a token belongs to, used or not.
///
/// # Errors
/// When the database fails.
pub async fn sign_in(db: &mut PgConnection, token_hash: Digest) -> Result<Option<SignInId>> {
    let known: Option<Uuid> = query_scalar("select sign_in_id from refresh_token where token_hash = $1")
        .bind(token_hash.0.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(known.map(SignInId))
}

/// Sweeps away tokens that were used before `moment`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, moment: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from refresh_token where used_at < $1").bind(moment).execute(db).await?.rows_affected())
}
