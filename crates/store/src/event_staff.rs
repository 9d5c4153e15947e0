//! Which photographers and organisers work at which event.

use domain::{EventId, Role, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};
use crate::staff::role_of;

/// Somebody who works at an event.
#[derive(Clone, Debug)]
pub struct Member {
    /// Their id.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// Assigns somebody to the event; assigning twice is no error. False when there is no such organiser or photographer:
/// admins work at every event already.
///
/// # Errors
/// When the database fails.
pub async fn assign(
    db: &mut PgConnection,
    event_id: EventId,
    user_id: UserId,
    assigned_at: OffsetDateTime,
) -> Result<bool> {
    let known =
        query_scalar::<i32>("select 1 from staff where user_id = $1 and role <> 'admin' for key share")
            .bind(user_id.0)
            .fetch_optional(&mut *db)
            .await?;
    if known.is_none() {
        return Ok(false);
    }
    query(
        "insert into event_staff (event_id, user_id, assigned_at) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(event_id.0)
    .bind(user_id.0)
    .bind(assigned_at)
    .execute(db)
    .await?;
    Ok(true)
}

/// Ends somebody's work at the event; true when they were assigned.
///
/// # Errors
/// When the database fails.
pub async fn unassign(db: &mut PgConnection, event_id: EventId, user_id: UserId) -> Result<bool> {
    let done = query("delete from event_staff where event_id = $1 and user_id = $2")
        .bind(event_id.0)
        .bind(user_id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends somebody's work at all events, as another role would mean more there than was meant.
///
/// # Errors
/// When the database fails.
pub async fn unassign_all(db: &mut PgConnection, user_id: UserId) -> Result<()> {
    query("delete from event_staff where user_id = $1").bind(user_id.0).execute(db).await?;
    Ok(())
}

/// Whether somebody works at the event.
///
/// # Errors
/// When the database fails.
pub async fn is_assigned(db: &mut PgConnection, event_id: EventId, user_id: UserId) -> Result<bool> {
    Ok(query_scalar("select exists (select from event_staff where event_id = $1 and user_id = $2)")
        .bind(event_id.0)
        .bind(user_id.0)
        .fetch_one(db)
        .await?)
}

/// Everybody who works at the event, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, event_id: EventId) -> Result<Vec<Member>> {
    let rows: Vec<(Uuid, String, String, String)> = query_as(
        "select user_id, role, name, email from event_staff join staff using (user_id) where event_id = $1 \
         order by lower(name), user_id",
    )
    .bind(event_id.0)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(user_id, role, name, email)| {
            Ok(Member { user_id: UserId(user_id), role: role_of(&role)?, name, email })
        })
        .collect()
}
