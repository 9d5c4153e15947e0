//! Visitors: whoever looks at an event, with an account or known by a cookie. Rows are made when there is something to
//! keep.

use domain::{Digest, EventId, PackId, UserId, VisitorId};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// A visitor is written down as seen at most this often.
const SEEN_EVERY: Duration = Duration::days(1);

/// Somebody who looks at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Their id.
    pub visitor_id: VisitorId,
    /// Their account at the event; without one a cookie says who they are.
    pub user_id: Option<UserId>,
    /// The event's access epoch at which they knew its code.
    pub access_epoch: Option<i64>,
    /// The pack of which they took a seat.
    pub pack_id: Option<PackId>,
    /// Whether photos that show them are kept from all others.
    pub hidden: bool,
    /// When they were last written down as seen.
    pub last_seen_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    visitor_id: Uuid,
    user_id: Option<Uuid>,
    access_epoch: Option<i64>,
    pack_id: Option<Uuid>,
    hidden: bool,
    last_seen_at: OffsetDateTime,
}

impl From<Row> for Visitor {
    fn from(row: Row) -> Self {
        let Row { visitor_id, user_id, access_epoch, pack_id, hidden, last_seen_at } = row;
        Self {
            visitor_id: VisitorId(visitor_id),
            user_id: user_id.map(UserId),
            access_epoch,
            pack_id: pack_id.map(PackId),
            hidden,
            last_seen_at,
        }
    }
}

/// The visitor whose cookie has this hash.
///
/// # Errors
/// When the database fails.
pub async fn by_token(
    db: &mut PgConnection,
    event_id: EventId,
    token_hash: Digest,
) -> Result<Option<Visitor>> {
    let row: Option<Row> = query_as("select * from visitor where event_id = $1 and token_hash = $2")
        .bind(event_id.0)
        .bind(token_hash.0.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(row.map(Visitor::from))
}

/// The visitor with this account, if they were made one yet.
///
/// # Errors
/// When the database fails.
pub async fn by_user(db: &mut PgConnection, event_id: EventId, user_id: UserId) -> Result<Option<Visitor>> {
    let row: Option<Row> = query_as("select * from visitor where event_id = $1 and user_id = $2")
        .bind(event_id.0)
        .bind(user_id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Visitor::from))
}

/// By what a new visitor is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// A cookie with this hash.
    Cookie(Digest),
    /// This account at the event.
    Account(UserId),
}

/// Makes a visitor; the one that an account has already, if it has one. `visitor_id` is for a new one.
///
/// # Errors
/// When the event or the account does not exist, or the database fails.
pub async fn get_or_insert(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    known_by: KnownBy,
    now: OffsetDateTime,
) -> Result<Visitor> {
    let (token_hash, user_id) = match known_by {
        KnownBy::Cookie(token_hash) => (Some(token_hash.0.to_vec()), None),
        KnownBy::Account(user_id) => (None, Some(user_id.0)),
    };
    let row: Row = query_as(
        "insert into visitor (event_id, visitor_id, token_hash, user_id, created_at, last_seen_at) \
         values ($1, $2, $3, $4, $5, $5) \
         on conflict (event_id, user_id) do update set last_seen_at = greatest(visitor.last_seen_at, $5) returning *",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .bind(token_hash)
    .bind(user_id)
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(row.into())
}

/// Writes down that the visitor was seen, if that was not done within the last day.
///
/// # Errors
/// When the database fails.
pub async fn seen(
    db: &mut PgConnection,
    event_id: EventId,
    visitor: &Visitor,
    now: OffsetDateTime,
) -> Result<()> {
    if now - visitor.last_seen_at < SEEN_EVERY {
        return Ok(());
    }
    query("update visitor set last_seen_at = $3 where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor.visitor_id.0)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Lets a visitor in who knew the event's code, for as long as neither code nor mode change.
///
/// # Errors
/// When the database fails.
pub async fn enter(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    access_epoch: i64,
    now: OffsetDateTime,
) -> Result<()> {
    query(
        "update visitor set access_epoch = $3, entered_at = $4, last_seen_at = $4 \
         where event_id = $1 and visitor_id = $2",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .bind(access_epoch)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Makes what the visitor of a cookie kept the account's: favourites, verdicts, and how they entered. The visitor of the
/// cookie is gone then. False when there was none.
///
/// # Errors
/// When the database fails.
pub async fn adopt(
    db: &mut PgConnection,
    event_id: EventId,
    token_hash: Digest,
    user_id: UserId,
    visitor_id: VisitorId,
    now: OffsetDateTime,
) -> Result<bool> {
    let found: Option<Uuid> = query_scalar(
        "select visitor_id from visitor where event_id = $1 and token_hash = $2 and user_id is null for update",
    )
    .bind(event_id.0)
    .bind(token_hash.0.as_slice())
    .fetch_optional(&mut *db)
    .await?;
    let Some(old) = found else { return Ok(false) };
    let account = get_or_insert(db, event_id, visitor_id, KnownBy::Account(user_id), now).await?;
    for statement in MOVES {
        query(statement).bind(event_id.0).bind(old).bind(account.visitor_id.0).execute(&mut *db).await?;
    }
    delete(db, event_id, VisitorId(old)).await?;
    Ok(true)
}

/// What moves from visitor $2 to visitor $3. Of two verdicts on a photo the later one stays, of two seats the account's.
const MOVES: [&str; 3] = [
    "insert into favourite (event_id, visitor_id, photo_id, added_at) \
       select event_id, $3, photo_id, added_at from favourite where event_id = $1 and visitor_id = $2 \
     on conflict do nothing",
    "insert into verdict (event_id, visitor_id, photo_id, is_me, given_at) \
       select event_id, $3, photo_id, is_me, given_at from verdict where event_id = $1 and visitor_id = $2 \
     on conflict (event_id, visitor_id, photo_id) do update set is_me = excluded.is_me, given_at = excluded.given_at \
       where verdict.given_at < excluded.given_at",
    "update visitor set access_epoch = greatest(visitor.access_epoch, old.access_epoch), \
       pack_id = coalesce(visitor.pack_id, old.pack_id), entered_at = coalesce(visitor.entered_at, old.entered_at) \
     from visitor old where old.event_id = $1 and old.visitor_id = $2 \
       and visitor.event_id = $1 and visitor.visitor_id = $3",
];

/// Deletes a visitor with all that is kept of them.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<()> {
    query("delete from visitor where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets the visitor of a cookie. Where they took a seat of a pack, an empty row that nobody has the cookie of goes on
/// counting for it: `nobodys` is the hash of something that nobody knows. False when there was no such visitor.
///
/// # Errors
/// When the database fails.
pub async fn forget(
    db: &mut PgConnection,
    event_id: EventId,
    token_hash: Digest,
    nobodys: Digest,
) -> Result<bool> {
    let Some(visitor) = by_token(db, event_id, token_hash).await? else { return Ok(false) };
    if visitor.pack_id.is_none() {
        delete(db, event_id, visitor.visitor_id).await?;
        return Ok(true);
    }
    for statement in [
        "delete from favourite where event_id = $1 and visitor_id = $2",
        "delete from verdict where event_id = $1 and visitor_id = $2",
    ] {
        query(statement).bind(event_id.0).bind(visitor.visitor_id.0).execute(&mut *db).await?;
    }
    let done = query(
        "update visitor set token_hash = $3, access_epoch = null where event_id = $1 and visitor_id = $2 \
         and user_id is null",
    )
    .bind(event_id.0)
    .bind(visitor.visitor_id.0)
    .bind(nobodys.0.as_slice())
    .execute(db)
    .await?;
    if done.rows_affected() == 1 {
        Ok(true)
    } else {
        Err(StoreError::RowCount { statement: "forget visitor", expected: 1, actual: done.rows_affected() })
    }
}

/// Whether the visitor wants to be told of new photos.
///
/// # Errors
/// When the database fails.
pub async fn is_kept_posted(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<bool> {
    Ok(query_scalar(
        "select exists (select from template where event_id = $1 and visitor_id = $2 and notify)",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .fetch_one(db)
    .await?)
}

/// Sweeps away visitors without an account that were not seen since `moment`. Returns how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, moment: OffsetDateTime) -> Result<u64> {
    let done = query("delete from visitor where user_id is null and last_seen_at < $1");
    Ok(done.bind(moment).execute(db).await?.rows_affected())
}
