//! Who did what, to whom, when, from where. Ids only: names and addresses of mail are not kept here.

use domain::{AuditId, EventId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::page::AfterTime;
use crate::sql::{query, query_as};

/// A line of the log, to be written.
#[derive(Debug)]
pub struct NewEntry<'a> {
    /// Its id.
    pub audit_id: AuditId,
    /// When.
    pub at: OffsetDateTime,
    /// Who; nobody known when a person without an account asked.
    pub actor_id: Option<UserId>,
    /// As what: a role, or `nobody`.
    pub actor_role: &'static str,
    /// What: the method and the pattern of the address.
    pub action: &'a str,
    /// At which event.
    pub event_id: Option<EventId>,
    /// To whom or what.
    pub target_id: Option<Uuid>,
    /// What came of it: the HTTP status.
    pub status: u16,
    /// From where: the network address.
    pub address: &'a str,
    /// The request's id, as in the logs.
    pub request_id: &'a str,
}

/// A line of the log.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    /// Its id.
    pub audit_id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// As what.
    pub actor_role: String,
    /// What.
    pub action: String,
    /// At which event.
    pub event_id: Option<Uuid>,
    /// To whom or what.
    pub target_id: Option<Uuid>,
    /// What came of it.
    pub status: i32,
    /// From where.
    pub address: String,
    /// The request's id.
    pub request_id: String,
}

/// Writes a line.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, new: &NewEntry<'_>) -> Result<()> {
    query(
        "insert into audit (audit_id, at, actor_id, actor_role, action, event_id, target_id, status, address, \
           request_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.audit_id.0)
    .bind(new.at)
    .bind(new.actor_id.map(|user| user.0))
    .bind(new.actor_role)
    .bind(new.action)
    .bind(new.event_id.map(|event| event.0))
    .bind(new.target_id)
    .bind(i32::from(new.status))
    .bind(new.address)
    .bind(new.request_id)
    .execute(db)
    .await?;
    Ok(())
}

/// Which lines to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Only this action.
    pub action: Option<&'a str>,
    /// Only what this person did.
    pub actor_id: Option<UserId>,
    /// Only what happened at this event.
    pub event_id: Option<EventId>,
    /// Where the page begins.
    pub after: Option<AfterTime>,
}

/// A page of lines, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, filter: &Filter<'_>, limit: i64) -> Result<Vec<Entry>> {
    Ok(query_as(
        "select audit_id, at, actor_id, actor_role, action, event_id, target_id, status, address, request_id \
         from audit where ($1::text is null or action = $1) and ($2::uuid is null or actor_id = $2) \
         and ($3::uuid is null or event_id = $3) and ($4::timestamptz is null or (at, audit_id) < ($4, $5)) \
         order by at desc, audit_id desc limit $6",
    )
    .bind(filter.action)
    .bind(filter.actor_id.map(|user| user.0))
    .bind(filter.event_id.map(|event| event.0))
    .bind(filter.after.map(|after| after.at))
    .bind(filter.after.map(|after| after.id))
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// Sweeps away lines written before `moment`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, moment: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from audit where at < $1").bind(moment).execute(db).await?.rows_affected())
}
