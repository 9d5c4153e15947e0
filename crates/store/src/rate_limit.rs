//! How often somebody may do something, shared by all processes.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A): one moment per key, the theoretical arrival time, says all.
//! It moves on by `interval` with each request and may run ahead of the present by `burst` intervals. One that is much
//! further ahead was set before the clock was put back: one request goes on, as from an allowance that is all but used
//! up, so that nobody waits until the clock has caught up.

use domain::Digest;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::Result;
use crate::sql::{query, query_scalar};

/// The clocks of two servers differ by less; a moment that lies further ahead was set before a clock was put back.
pub(crate) const CLOCKS_APART_MAX: Duration = Duration::minutes(1);

/// An allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// One request comes back after so long.
    pub interval: Duration,
    /// So many may come at once.
    pub burst: i32,
}

/// Takes one request from the key's allowance: `None` when it may go on, otherwise how long to wait.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &mut PgConnection,
    key: Digest,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<Option<Duration>> {
    let latest = now + allowance.interval * (allowance.burst - 1);
    let taken: Option<OffsetDateTime> = query_scalar(
        "insert into rate_limit (key_hash, arrival_at) values ($1, $2::timestamptz + $3) \
         on conflict (key_hash) do update set arrival_at = $3 + \
           case when rate_limit.arrival_at <= $4 then greatest(rate_limit.arrival_at, $2) else $4 end \
         where rate_limit.arrival_at <= $4 or rate_limit.arrival_at > $5 returning arrival_at",
    )
    .bind(key.0.as_slice())
    .bind(now)
    .bind(allowance.interval)
    .bind(latest)
    .bind(latest + allowance.interval + CLOCKS_APART_MAX)
    .fetch_optional(&mut *db)
    .await?;
    if taken.is_some() {
        return Ok(None);
    }
    Ok(Some(wait(db, key, allowance, now).await?.unwrap_or(allowance.interval)))
}

/// How long to wait until the key's allowance has one again, `None` when it has; takes nothing.
///
/// # Errors
/// When the database fails.
pub async fn wait(
    db: &mut PgConnection,
    key: Digest,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<Option<Duration>> {
    let latest = now + allowance.interval * (allowance.burst - 1);
    let arrival: Option<OffsetDateTime> = query_scalar(
        "select arrival_at from rate_limit where key_hash = $1 and arrival_at > $2 and arrival_at <= $3",
    )
    .bind(key.0.as_slice())
    .bind(latest)
    .bind(latest + allowance.interval + CLOCKS_APART_MAX)
    .fetch_optional(db)
    .await?;
    Ok(arrival.map(|arrival| arrival - latest))
}

/// Counts what has happened, also where the allowance is used up: many at the same moment are paid for afterwards, by up to
/// a minute.
///
/// # Errors
/// When the database fails.
pub async fn count(
    db: &mut PgConnection,
    key: Digest,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<()> {
    let last = now + allowance.interval * allowance.burst + CLOCKS_APART_MAX;
    query(
        "insert into rate_limit (key_hash, arrival_at) values ($1, $2::timestamptz + $3) \
         on conflict (key_hash) do update \
           set arrival_at = least(greatest(rate_limit.arrival_at, $2) + $3, $4)",
    )
    .bind(key.0.as_slice())
    .bind(now)
    .bind(allowance.interval)
    .bind(last)
    .execute(db)
    .await?;
    Ok(())
}

/// Sweeps away keys whose allowance is whole again.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64> {
    let done = query(
        "delete from rate_limit where key_hash in ( \
           select key_hash from rate_limit where arrival_at <= $1 for update skip locked)",
    );
    Ok(done.bind(now).execute(db).await?.rows_affected())
}
