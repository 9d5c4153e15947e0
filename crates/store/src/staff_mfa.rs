//! The second step of staff's log-in. The secret is encrypted before it comes here.

use domain::{Digest, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};

/// Somebody's second step.
#[derive(Clone, Debug)]
pub struct StaffMfa {
    /// Nonce and ciphertext.
    pub secret: Vec<u8>,
    /// Whether its owner has shown that their device works.
    pub confirmed: bool,
}

/// Begins an enrolment, in place of one that was not confirmed. False when there is a confirmed one.
///
/// # Errors
/// When the database fails.
pub async fn begin(db: &mut PgConnection, user_id: UserId, secret: &[u8]) -> Result<bool> {
    let done = query(
        "insert into staff_mfa (user_id, secret) values ($1, $2) \
         on conflict (user_id) do update set secret = excluded.secret, last_step = 0 \
         where staff_mfa.confirmed_at is null",
    )
    .bind(user_id.0)
    .bind(secret)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Somebody's second step, confirmed or not.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &mut PgConnection, user_id: UserId) -> Result<Option<StaffMfa>> {
    let row: Option<(Vec<u8>, bool)> =
        query_as("select secret, confirmed_at is not null from staff_mfa where user_id = $1")
            .bind(user_id.0)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|(secret, confirmed)| StaffMfa { secret, confirmed }))
}

/// Accepts the code of a time step, once; false when that step or a later one was accepted before.
///
/// # Errors
/// When the database fails.
pub async fn accept_step(db: &mut PgConnection, user_id: UserId, step: i64) -> Result<bool> {
    let done = query("update staff_mfa set last_step = $2 where user_id = $1 and last_step < $2")
        .bind(user_id.0)
        .bind(step)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the enrolment: from now on the second step is asked for, and these backup codes work once each.
///
/// # Errors
/// When the database fails.
pub async fn confirm(
    db: &mut PgConnection,
    user_id: UserId,
    backup_codes: &[Digest],
    now: OffsetDateTime,
) -> Result<()> {
    query("update staff_mfa set confirmed_at = $2 where user_id = $1")
        .bind(user_id.0)
        .bind(now)
        .execute(&mut *db)
        .await?;
    query("delete from backup_code where user_id = $1").bind(user_id.0).execute(&mut *db).await?;
    let hashes: Vec<&[u8]> = backup_codes.iter().map(|code| code.0.as_slice()).collect();
    query("insert into backup_code (user_id, code_hash) select $1, hash from unnest($2::bytea[]) hash")
        .bind(user_id.0)
        .bind(hashes)
        .execute(db)
        .await?;
    Ok(())
}

/// Uses up a backup code; true when it was good.
///
/// # Errors
/// When the database fails.
pub async fn consume_backup_code(db: &mut PgConnection, user_id: UserId, code: Digest) -> Result<bool> {
    let done = query("delete from backup_code where user_id = $1 and code_hash = $2")
        .bind(user_id.0)
        .bind(code.0.as_slice())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the second step away, with its backup codes; true when there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, user_id: UserId) -> Result<bool> {
    let done = query("delete from staff_mfa where user_id = $1").bind(user_id.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// How many backup codes somebody has left.
///
/// # Errors
/// When the database fails.
pub async fn backup_codes_left(db: &mut PgConnection, user_id: UserId) -> Result<i64> {
    Ok(query_scalar("select count(*) from backup_code where user_id = $1")
        .bind(user_id.0)
        .fetch_one(db)
        .await?)
}
