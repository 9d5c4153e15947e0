//! Who is logged in: one row per log-in, whichever tokens speak of it.

use domain::{AccountId, EventId, Role, SignInId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::sql::{query, query_as};
use crate::staff::role_of;
use crate::{Result, StoreError};

/// The person behind a sign-in, as they are now.
#[derive(Clone, Debug)]
pub struct Person {
    /// Whose account.
    pub account: AccountId,
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The name they may log in with.
    pub username: Option<String>,
    /// Whether their log-in has a second step.
    pub mfa_enabled: bool,
    /// Whether they must set up a second step before anything else.
    pub mfa_enrolment_needed: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    staff_id: Option<Uuid>,
    event_id: Option<Uuid>,
    attendee_id: Option<Uuid>,
    role: String,
    name: String,
    email: Option<String>,
    username: Option<String>,
    mfa_enabled: bool,
    require_mfa: bool,
}

impl TryFrom<Row> for Person {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let account = account_of(row.staff_id, row.event_id, row.attendee_id)?;
        let role = role_of(&row.role)?;
        Ok(Self {
            account,
            role,
            name: row.name,
            email: row.email,
            username: row.username,
            mfa_enabled: row.mfa_enabled,
            mfa_enrolment_needed: role.is_staff() && row.require_mfa && !row.mfa_enabled,
        })
    }
}

/// Reads the columns by which a row says whose it is.
pub(crate) fn account_of(
    staff_id: Option<Uuid>,
    event_id: Option<Uuid>,
    attendee_id: Option<Uuid>,
) -> Result<AccountId> {
    match (staff_id, event_id, attendee_id) {
        (Some(user_id), None, None) => Ok(AccountId::Staff(UserId(user_id))),
        (None, Some(event_id), Some(user_id)) => Ok(AccountId::Attendee(EventId(event_id), UserId(user_id))),
        _ => Err(StoreError::Corrupt { noun: "sign_in", why: "it is nobody's".to_owned() }),
    }
}

/// The values for the columns `staff_id`, `event_id` and `attendee_id`.
pub(crate) fn columns_of(account: AccountId) -> (Option<Uuid>, Option<Uuid>, Option<Uuid>) {
    match account {
        AccountId::Staff(user_id) => (Some(user_id.0), None, None),
        AccountId::Attendee(event_id, user_id) => (None, Some(event_id.0), Some(user_id.0)),
    }
}

/// Begins a sign-in.
///
/// # Errors
/// When there is no such account, or the database fails.
pub async fn insert(
    db: &mut PgConnection,
    sign_in_id: SignInId,
    account: AccountId,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<()> {
    let (staff_id, event_id, attendee_id) = columns_of(account);
    query(
        "insert into sign_in (sign_in_id, staff_id, event_id, attendee_id, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(sign_in_id.0)
    .bind(staff_id)
    .bind(event_id)
    .bind(attendee_id)
    .bind(now)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The person behind a sign-in that has not ended.
///
/// # Errors
/// When the database fails.
pub async fn person(
    db: &mut PgConnection,
    sign_in_id: SignInId,
    now: OffsetDateTime,
) -> Result<Option<Person>> {
    let row: Option<Row> = query_as(
        "select s.staff_id, s.event_id, s.attendee_id, coalesce(staff.role, 'attendee') as role, \
           coalesce(staff.name, a.name) as name, coalesce(staff.email, a.email) as email, \
           coalesce(staff.username, a.username) as username, m.user_id is not null as mfa_enabled, \
           (select require_mfa from setting) as require_mfa \
         from sign_in s left join staff on staff.user_id = s.staff_id \
         left join attendee a on a.event_id = s.event_id and a.user_id = s.attendee_id \
         left join staff_mfa m on m.user_id = s.staff_id and m.confirmed_at is not null \
         where s.sign_in_id = $1 and s.expires_at > $2",
    )
    .bind(sign_in_id.0)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(Person::try_from).transpose()
}

/// Lets a sign-in last until `expires_at`, but not longer than 90 days in all.
///
/// # Errors
/// When the database fails.
pub async fn prolong(db: &mut PgConnection, sign_in_id: SignInId, expires_at: OffsetDateTime) -> Result<()> {
    query("update sign_in set expires_at = least($2, created_at + interval '90 days') where sign_in_id = $1")
        .bind(sign_in_id.0)
        .bind(expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a sign-in with all its tokens; ending one that does not exist is no error.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, sign_in_id: SignInId) -> Result<()> {
    query("delete from sign_in where sign_in_id = $1").bind(sign_in_id.0).execute(db).await?;
    Ok(())
}

/// Ends all sign-ins of an account, but the one named in `except`.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(db: &mut PgConnection, account: AccountId, except: Option<SignInId>) -> Result<()> {
    let (staff_id, event_id, attendee_id) = columns_of(account);
    query(
        "delete from sign_in where ((staff_id = $1) or (event_id = $2 and attendee_id = $3)) \
         and ($4::uuid is null or sign_in_id <> $4)",
    )
    .bind(staff_id)
    .bind(event_id)
    .bind(attendee_id)
    .bind(except.map(|id| id.0))
    .execute(db)
    .await?;
    Ok(())
}

/// Sweeps away sign-ins that have ended. Returns how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from sign_in where expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}
