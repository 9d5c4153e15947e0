//! Admins, organisers and photographers: unique across the installation.

use domain::{Email, PersonName, Role, UserId, Username};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::page::{Order, containing};
use crate::quota::Allowance;
use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// The unique rule that a second account with one e-mail breaks.
pub const EMAIL_UNIQUE: &str = "staff_email_unique";
/// The unique rule that a second account with one user name breaks.
pub const USERNAME_UNIQUE: &str = "staff_username_unique";

/// A member of staff.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Their id.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// The name they may log in with instead.
    pub username: Option<String>,
    /// Argon2id hash in PHC text form, or bcrypt's of an earlier system.
    pub password_hash: String,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// Whether their log-in has a second step.
    pub mfa_enabled: bool,
    /// At how many events they work.
    pub events: i64,
    /// How many bytes they may upload.
    pub bytes_max: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: Uuid,
    role: String,
    name: String,
    email: String,
    username: Option<String>,
    password_hash: String,
    created_at: OffsetDateTime,
    mfa_enabled: bool,
    events: i64,
    bytes_max: Option<i64>,
}

impl TryFrom<Row> for Staff {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let role = role_of(&row.role)?;
        Ok(Self {
            user_id: UserId(row.user_id),
            role,
            name: row.name,
            email: row.email,
            username: row.username,
            password_hash: row.password_hash,
            created_at: row.created_at,
            mfa_enabled: row.mfa_enabled,
            events: row.events,
            bytes_max: row.bytes_max,
        })
    }
}

/// Reads a role as a table has it.
pub(crate) fn role_of(text: &str) -> Result<Role> {
    crate::sql::parse("staff", text.parse::<Role>())
}

/// `select` of everybody, to be continued by a `where`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select staff.user_id, role, name, email, username, password_hash, created_at, bytes_max, ",
            "exists (select from staff_mfa where staff_mfa.user_id = staff.user_id and confirmed_at is not null) \
             as mfa_enabled, ",
            "(select count(*) from event_staff where event_staff.user_id = staff.user_id) as events from staff ",
            $rest
        )
    };
}

/// A new account.
#[derive(Debug)]
pub struct NewStaff<'a> {
    /// Its id.
    pub user_id: UserId,
    /// What it may do.
    pub role: Role,
    /// The person's name.
    pub name: &'a PersonName,
    /// The person's e-mail address.
    pub email: &'a Email,
    /// A name to log in with, beside the e-mail.
    pub username: Option<&'a Username>,
    /// Argon2id hash in PHC text form.
    pub password_hash: &'a str,
    /// When it is made.
    pub created_at: OffsetDateTime,
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::violates_unique`] of [`EMAIL_UNIQUE`] or [`USERNAME_UNIQUE`] when one is taken.
pub async fn insert(db: &mut PgConnection, new: &NewStaff<'_>) -> Result<()> {
    query(
        "insert into staff (user_id, role, name, email, username, password_hash, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.user_id.0)
    .bind(new.role.as_str())
    .bind(new.name.as_str())
    .bind(new.email.as_str())
    .bind(new.username.map(Username::as_str))
    .bind(new.password_hash)
    .bind(new.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The account with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, user_id: UserId) -> Result<Option<Staff>> {
    let row: Option<Row> =
        query_as(select!("where staff.user_id = $1")).bind(user_id.0).fetch_optional(db).await?;
    row.map(Staff::try_from).transpose()
}

/// The account with this e-mail or user name, in whatever case it is written.
///
/// # Errors
/// When the database fails.
pub async fn by_login(db: &mut PgConnection, login: &str) -> Result<Option<Staff>> {
    // A user name has no `@`, so at most one of the two can be meant.
    let row: Option<Row> = query_as(select!("where lower(email) = lower($1) or lower(username) = lower($1)"))
        .bind(login.trim())
        .fetch_optional(db)
        .await?;
    row.map(Staff::try_from).transpose()
}

/// Which members of staff to list.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Only those whose name, e-mail or user name has this in it.
    pub text: Option<&'a str>,
    /// Only those of this role.
    pub role: Option<Role>,
    /// In which order, from where on.
    pub order: Order,
    /// How many at most.
    pub limit: i64,
}

/// A page of members of staff.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, filter: &Filter<'_>) -> Result<Vec<Staff>> {
    let statement = match &filter.order {
        Order::Name(after) => query_as(select!(
            "where ($1::text is null or name ilike $1 or email ilike $1 or username ilike $1) \
             and ($2::text is null or role = $2) \
             and ($3::text is null or (lower(name), staff.user_id) > (lower($3), $4)) \
             order by lower(name), staff.user_id limit $5"
        ))
        .bind(filter.text.map(containing))
        .bind(filter.role.map(Role::as_str))
        .bind(after.as_ref().map(|after| after.name.as_str()))
        .bind(after.as_ref().map(|after| after.id)),
        Order::Newest(after) => query_as(select!(
            "where ($1::text is null or name ilike $1 or email ilike $1 or username ilike $1) \
             and ($2::text is null or role = $2) \
             and ($3::timestamptz is null or (created_at, staff.user_id) < ($3, $4)) \
             order by created_at desc, staff.user_id desc limit $5"
        ))
        .bind(filter.text.map(containing))
        .bind(filter.role.map(Role::as_str))
        .bind(after.as_ref().map(|after| after.at))
        .bind(after.as_ref().map(|after| after.id)),
    };
    let rows: Vec<Row> = statement.bind(filter.limit).fetch_all(db).await?;
    rows.into_iter().map(Staff::try_from).collect()
}

/// Changes name or role; `None` leaves as it is. True when there is such an account.
///
/// # Errors
/// When the database fails.
pub async fn update(
    db: &mut PgConnection,
    user_id: UserId,
    name: Option<&PersonName>,
    role: Option<Role>,
    bytes_max: Option<Allowance>,
) -> Result<bool> {
    let done = query(
        "update staff set name = coalesce($2, name), role = coalesce($3, role), \
         bytes_max = case when $4 then $5 else bytes_max end where user_id = $1",
    )
    .bind(user_id.0)
    .bind(name.map(PersonName::as_str))
    .bind(role.map(Role::as_str))
    .bind(bytes_max.is_some())
    .bind(bytes_max.and_then(Allowance::bytes))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes the account and all that hangs on it; true when there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, user_id: UserId) -> Result<bool> {
    let done = query("delete from staff where user_id = $1").bind(user_id.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether anybody can administer this installation.
///
/// # Errors
/// When the database fails.
pub async fn has_admin(db: &mut PgConnection) -> Result<bool> {
    Ok(query_scalar("select exists (select from staff where role = 'admin')").fetch_one(db).await?)
}

/// Whether anybody can administer this installation, for whoever is about to make the first.
///
/// Takes a lock that lasts until the transaction ends, so that two first admins cannot be made at once.
///
/// # Errors
/// When the database fails.
pub async fn admin_exists(db: &mut PgConnection) -> Result<bool> {
    query("lock table staff in share row exclusive mode").execute(&mut *db).await?;
    has_admin(db).await
}

/// Whether somebody else than `user_id` can administer this installation.
///
/// Takes a lock that lasts until the transaction ends, so that the last two admins cannot remove each other at once.
///
/// # Errors
/// When the database fails.
pub async fn other_admin_exists(db: &mut PgConnection, user_id: UserId) -> Result<bool> {
    query("lock table staff in share row exclusive mode").execute(&mut *db).await?;
    let exists = "select exists (select from staff where role = 'admin' and user_id <> $1)";
    Ok(query_scalar(exists).bind(user_id.0).fetch_one(db).await?)
}
