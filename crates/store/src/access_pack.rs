//! Access packs: seats at an event that an organiser hands out by one code.

use domain::{AccessCode, EventId, PackId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};

/// The rule that no two packs of an event have the same code.
pub const CODE_UNIQUE: &str = "access_pack_code_unique";

/// A pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub pack_id: PackId,
    /// What people type in.
    pub code: String,
    /// How many may enter by it.
    pub seats: i32,
    /// How many have.
    pub used: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The name of who made it, if that person still has an account.
    pub created_by: Option<String>,
}

/// A seat that somebody took.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Use {
    /// When.
    pub entered_at: Option<OffsetDateTime>,
    /// The name of the account, where the person has one.
    pub account: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    pack_id: Uuid,
    code: String,
    seats: i32,
    used: i64,
    created_at: OffsetDateTime,
    created_by: Option<String>,
}

impl From<Row> for Pack {
    fn from(row: Row) -> Self {
        let Row { pack_id, code, seats, used, created_at, created_by } = row;
        Self { pack_id: PackId(pack_id), code, seats, used, created_at, created_by }
    }
}

/// A new pack.
#[derive(Debug)]
pub struct NewPack<'a> {
    /// Its event.
    pub event_id: EventId,
    /// Its id.
    pub pack_id: PackId,
    /// What people type in.
    pub code: &'a AccessCode,
    /// How many may enter by it.
    pub seats: i32,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Adds a pack.
///
/// # Errors
/// When the event has a pack with this code ([`CODE_UNIQUE`]) or is gone, or the database fails.
pub async fn insert(db: &mut PgConnection, new: &NewPack<'_>) -> Result<()> {
    query(
        "insert into access_pack (event_id, pack_id, code, seats, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.event_id.0)
    .bind(new.pack_id.0)
    .bind(new.code.as_str())
    .bind(new.seats)
    .bind(new.created_by.0)
    .bind(new.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The packs of an event, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, event_id: EventId) -> Result<Vec<Pack>> {
    select(db, event_id, None).await
}

/// One pack of an event.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId, pack_id: PackId) -> Result<Option<Pack>> {
    Ok(select(db, event_id, Some(pack_id)).await?.pop())
}

async fn select(db: &mut PgConnection, event_id: EventId, pack_id: Option<PackId>) -> Result<Vec<Pack>> {
    let rows: Vec<Row> = query_as(
        "select pack_id, code, seats, (select count(*) from visitor where visitor.event_id = access_pack.event_id \
             and visitor.pack_id = access_pack.pack_id) as used, access_pack.created_at, staff.name as created_by \
         from access_pack left join staff on staff.user_id = access_pack.created_by \
         where event_id = $1 and ($2::uuid is null or pack_id = $2) order by access_pack.created_at desc, pack_id",
    )
    .bind(event_id.0)
    .bind(pack_id.map(|pack| pack.0))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Pack::from).collect())
}

/// Who took the seats of a pack, in the order in which they came.
///
/// # Errors
/// When the database fails.
pub async fn uses(db: &mut PgConnection, event_id: EventId, pack_id: PackId) -> Result<Vec<Use>> {
    Ok(query_as(
        "select entered_at, attendee.name as account from visitor left join attendee using (event_id, user_id) \
         where event_id = $1 and pack_id = $2 order by entered_at, visitor_id",
    )
    .bind(event_id.0)
    .bind(pack_id.0)
    .fetch_all(db)
    .await?)
}

/// Deletes a pack; true when the event had it. Those who entered by it have to enter again, and keep what they have:
/// were they deleted with the pack, their favourites would go too.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, pack_id: PackId) -> Result<bool> {
    let is_there: Option<i32> =
        query_scalar("select 1 from access_pack where event_id = $1 and pack_id = $2 for update")
            .bind(event_id.0)
            .bind(pack_id.0)
            .fetch_optional(&mut *db)
            .await?;
    if is_there.is_none() {
        return Ok(false);
    }
    query(
        "update visitor set pack_id = null, access_epoch = null, entered_at = null \
         where event_id = $1 and pack_id = $2",
    )
    .bind(event_id.0)
    .bind(pack_id.0)
    .execute(&mut *db)
    .await?;
    let done = query("delete from access_pack where event_id = $1 and pack_id = $2")
        .bind(event_id.0)
        .bind(pack_id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
