//! Wrong passwords in a row: after a few, an account waits longer and longer.

use domain::Digest;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::Result;
use crate::rate_limit::CLOCKS_APART_MAX;
use crate::sql::{query, query_scalar};

/// Until when the account is locked, if it is. A lock that ends much later than `longest` from now was set before the
/// clock was put back, and holds no more.
///
/// # Errors
/// When the database fails.
pub async fn locked_until(
    db: &mut PgConnection,
    account: Digest,
    now: OffsetDateTime,
    longest: Duration,
) -> Result<Option<OffsetDateTime>> {
    Ok(query_scalar(
        "select locked_until from login_guard where key_hash = $1 and locked_until > $2 and locked_until <= $3",
    )
    .bind(account.0.as_slice())
    .bind(now)
    .bind(now + longest + CLOCKS_APART_MAX)
    .fetch_optional(db)
    .await?)
}

/// Counts a wrong password. After `free` of them each further one locks for `first`, twice that, four times that, …
/// at most `longest`. Failures that lie back longer than a day are forgotten.
///
/// # Errors
/// When the database fails.
pub async fn failed(
    db: &mut PgConnection,
    account: Digest,
    now: OffsetDateTime,
    free: i32,
    first: Duration,
    longest: Duration,
) -> Result<()> {
    query(
        "insert into login_guard (key_hash, failures, locked_until, last_at) values ($1, 1, $2, $2) \
         on conflict (key_hash) do update set last_at = $2, \
           failures = case when login_guard.last_at < $2 - interval '1 day' then 1 else login_guard.failures + 1 end, \
           locked_until = case when login_guard.failures < $3 or login_guard.last_at < $2 - interval '1 day' \
             then $2 else $2 + least($5::interval, $4::interval * (2 ^ least(login_guard.failures - $3, 16))) end",
    )
    .bind(account.0.as_slice())
    .bind(now)
    .bind(free)
    .bind(first)
    .bind(longest)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the failures, after the right password.
///
/// # Errors
/// When the database fails.
pub async fn succeeded(db: &mut PgConnection, account: Digest) -> Result<()> {
    query("delete from login_guard where key_hash = $1").bind(account.0.as_slice()).execute(db).await?;
    Ok(())
}

/// Sweeps away what lies back longer than a day.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64> {
    let done = query(
        "delete from login_guard where key_hash in ( \
           select key_hash from login_guard where last_at < $1::timestamptz - interval '1 day' \
           for update skip locked)",
    );
    Ok(done.bind(now).execute(db).await?.rows_affected())
}
