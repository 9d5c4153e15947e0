//! Links by which a person chooses a new password: each works once. Only the hash of a token is kept.

use domain::{AccountId, Digest};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sign_in::{account_of, columns_of};
use crate::sql::{query, query_as};

/// Allows the token with this hash to set the account's password until `expires_at`. Earlier links of the account end.
///
/// # Errors
/// When there is no such account, or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    token_hash: Digest,
    account: AccountId,
    expires_at: OffsetDateTime,
) -> Result<()> {
    delete_all(&mut *db, account).await?;
    let (staff_id, event_id, attendee_id) = columns_of(account);
    query(
        "insert into password_link (token_hash, staff_id, event_id, attendee_id, expires_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash.0.as_slice())
    .bind(staff_id)
    .bind(event_id)
    .bind(attendee_id)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Uses up the token: whose password it may set, when it was good.
///
/// # Errors
/// When the database fails.
pub async fn consume(
    db: &mut PgConnection,
    token_hash: Digest,
    now: OffsetDateTime,
) -> Result<Option<AccountId>> {
    let row: Option<(Option<Uuid>, Option<Uuid>, Option<Uuid>)> = query_as(
        "delete from password_link where token_hash = $1 and expires_at > $2 \
         returning staff_id, event_id, attendee_id",
    )
    .bind(token_hash.0.as_slice())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|(staff_id, event_id, attendee_id)| account_of(staff_id, event_id, attendee_id)).transpose()
}

/// Lets the commit of this transaction return before it is on disk: a link that a crash loses is asked for again, and
/// how long the answer takes says less about whether there was anything to write.
///
/// # Errors
/// When the database fails.
pub async fn commit_without_waiting(db: &mut PgConnection) -> Result<()> {
    query("set local synchronous_commit = off").execute(db).await?;
    Ok(())
}

/// Takes about as long as adding a link and its message, and changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn pretend(db: &mut PgConnection, token_hash: Digest) -> Result<()> {
    for _ in 0..3 {
        query("delete from password_link where token_hash = $1")
            .bind(token_hash.0.as_slice())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Ends all links of an account.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(db: &mut PgConnection, account: AccountId) -> Result<()> {
    let (staff_id, event_id, attendee_id) = columns_of(account);
    query("delete from password_link where staff_id = $1 or (event_id = $2 and attendee_id = $3)")
        .bind(staff_id)
        .bind(event_id)
        .bind(attendee_id)
        .execute(db)
        .await?;
    Ok(())
}

/// Sweeps away links that have run out.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from password_link where expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}
