//! Admins, organisers and photographers: unique across the installation.

use domain::{Email, Role, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::sql::{query, query_as, query_scalar};
use crate::{Result, StoreError};

/// The unique rule that a second account with one e-mail breaks.
pub const EMAIL_UNIQUE: &str = "staff_email_unique";

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
    /// Argon2id hash in PHC text form.
    pub password_hash: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: Uuid,
    role: String,
    name: String,
    email: String,
    password_hash: String,
}

impl TryFrom<Row> for Staff {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let role = role_of(&row.role)?;
        let Row { user_id, name, email, password_hash, .. } = row;
        Ok(Self { user_id: UserId(user_id), role, name, email, password_hash })
    }
}

/// Reads a role as the table has it.
pub(crate) fn role_of(text: &str) -> Result<Role> {
    match text {
        "admin" => Ok(Role::Admin),
        "organiser" => Ok(Role::Organiser),
        "photographer" => Ok(Role::Photographer),
        other => Err(StoreError::Corrupt { noun: "staff", why: format!("role {other:?}") }),
    }
}

/// A new account.
#[derive(Debug)]
pub struct NewStaff<'a> {
    /// Its id.
    pub user_id: UserId,
    /// What it may do.
    pub role: Role,
    /// The person's name.
    pub name: &'a str,
    /// The person's e-mail address.
    pub email: &'a Email,
    /// Argon2id hash in PHC text form.
    pub password_hash: &'a str,
    /// When it is made.
    pub created_at: OffsetDateTime,
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::violates_unique`] of [`EMAIL_UNIQUE`] when the e-mail is taken.
pub async fn insert(db: &mut PgConnection, new: &NewStaff<'_>) -> Result<()> {
    query(
        "insert into staff (user_id, role, name, email, password_hash, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.user_id.0)
    .bind(new.role.as_str())
    .bind(new.name)
    .bind(new.email.as_str())
    .bind(new.password_hash)
    .bind(new.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The account with this e-mail, in whatever case it is written.
///
/// # Errors
/// When the database fails.
pub async fn by_email(db: &mut PgConnection, email: &Email) -> Result<Option<Staff>> {
    let row: Option<Row> = query_as(
        "select user_id, role, name, email, password_hash from staff where lower(email) = lower($1)",
    )
    .bind(email.as_str())
    .fetch_optional(db)
    .await?;
    row.map(Staff::try_from).transpose()
}

/// Whether anybody can administer this installation.
///
/// Takes a lock that lasts until the transaction ends, so that two first admins cannot be made at once.
///
/// # Errors
/// When the database fails.
pub async fn admin_exists(db: &mut PgConnection) -> Result<bool> {
    query("lock table staff in share row exclusive mode").execute(&mut *db).await?;
    Ok(query_scalar("select exists (select from staff where role = 'admin')").fetch_one(db).await?)
}
