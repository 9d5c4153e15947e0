//! Attendees: each belongs to one event, where e-mail and user name are unique.

use domain::{Email, EventId, PersonName, UserId, Username};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::page::{Order, containing};
use crate::sql::{query, query_as, query_scalar};

/// The unique rule that a second account with one e-mail at one event breaks.
pub const EMAIL_UNIQUE: &str = "attendee_email_unique";
/// The unique rule that a second account with one user name at one event breaks.
pub const USERNAME_UNIQUE: &str = "attendee_username_unique";

/// A person at one event.
#[derive(Clone, Debug)]
pub struct Attendee {
    /// Their id.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The name they log in with.
    pub username: Option<String>,
    /// Argon2id hash in PHC text form, or bcrypt's of an earlier system; absent until they have chosen a password.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: Uuid,
    name: String,
    email: Option<String>,
    username: Option<String>,
    password_hash: Option<String>,
    created_at: OffsetDateTime,
}

impl From<Row> for Attendee {
    fn from(row: Row) -> Self {
        let Row { user_id, name, email, username, password_hash, created_at } = row;
        Self { user_id: UserId(user_id), name, email, username, password_hash, created_at }
    }
}

/// A new account at an event. It has an e-mail, a user name, or both.
#[derive(Debug)]
pub struct NewAttendee<'a> {
    /// Its id.
    pub user_id: UserId,
    /// The person's name.
    pub name: &'a PersonName,
    /// The person's e-mail address.
    pub email: Option<&'a Email>,
    /// A name to log in with.
    pub username: Option<&'a Username>,
    /// Argon2id hash in PHC text form.
    pub password_hash: Option<&'a str>,
    /// Which member of staff makes it; nobody when the person registers.
    pub created_by: Option<UserId>,
    /// When it is made.
    pub created_at: OffsetDateTime,
}

/// Adds an account to the event.
///
/// # Errors
/// [`crate::StoreError::violates_unique`] of [`EMAIL_UNIQUE`] or [`USERNAME_UNIQUE`] when one is taken there.
pub async fn insert(db: &mut PgConnection, event_id: EventId, new: &NewAttendee<'_>) -> Result<()> {
    query(
        "insert into attendee (event_id, user_id, name, email, username, password_hash, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(event_id.0)
    .bind(new.user_id.0)
    .bind(new.name.as_str())
    .bind(new.email.map(Email::as_str))
    .bind(new.username.map(Username::as_str))
    .bind(new.password_hash)
    .bind(new.created_by.map(|user| user.0))
    .bind(new.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The account of the event with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut PgConnection, event_id: EventId, user_id: UserId) -> Result<Option<Attendee>> {
    let row: Option<Row> = query_as(
        "select user_id, name, email, username, password_hash, created_at from attendee \
         where event_id = $1 and user_id = $2",
    )
    .bind(event_id.0)
    .bind(user_id.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Attendee::from))
}

/// The account of the event with this e-mail or user name, in whatever case it is written.
///
/// # Errors
/// When the database fails.
pub async fn by_login(db: &mut PgConnection, event_id: EventId, login: &str) -> Result<Option<Attendee>> {
    let row: Option<Row> = query_as(
        "select user_id, name, email, username, password_hash, created_at from attendee \
         where event_id = $1 and (lower(email) = lower($2) or lower(username) = lower($2))",
    )
    .bind(event_id.0)
    .bind(login.trim())
    .fetch_optional(db)
    .await?;
    Ok(row.map(Attendee::from))
}

/// Those of `emails` and of `usernames` that are taken at the event, in lower case.
///
/// # Errors
/// When the database fails.
pub async fn taken(
    db: &mut PgConnection,
    event_id: EventId,
    emails: &[String],
    usernames: &[String],
) -> Result<(Vec<String>, Vec<String>)> {
    let emails: Vec<String> = query_scalar(
        "select lower(email) from attendee where event_id = $1 \
         and lower(email) in (select lower(one) from unnest($2::text[]) one)",
    )
    .bind(event_id.0)
    .bind(emails)
    .fetch_all(&mut *db)
    .await?;
    let usernames: Vec<String> = query_scalar(
        "select lower(username) from attendee where event_id = $1 \
         and lower(username) in (select lower(one) from unnest($2::text[]) one)",
    )
    .bind(event_id.0)
    .bind(usernames)
    .fetch_all(db)
    .await?;
    Ok((emails, usernames))
}

/// Which attendees to list.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Only those whose name, e-mail or user name has this in it.
    pub text: Option<&'a str>,
    /// In which order, from where on.
    pub order: Order,
    /// How many at most.
    pub limit: i64,
}

/// A page of the event's attendees.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, event_id: EventId, filter: &Filter<'_>) -> Result<Vec<Attendee>> {
    let statement = match &filter.order {
        Order::Name(after) => query_as(
            "select user_id, name, email, username, password_hash, created_at from attendee where event_id = $1 \
             and ($2::text is null or name ilike $2 or email ilike $2 or username ilike $2) \
             and ($3::text is null or (lower(name), user_id) > (lower($3), $4)) order by lower(name), user_id limit $5",
        )
        .bind(event_id.0)
        .bind(filter.text.map(containing))
        .bind(after.as_ref().map(|after| after.name.as_str()))
        .bind(after.as_ref().map(|after| after.id)),
        Order::Newest(after) => query_as(
            "select user_id, name, email, username, password_hash, created_at from attendee where event_id = $1 \
             and ($2::text is null or name ilike $2 or email ilike $2 or username ilike $2) \
             and ($3::timestamptz is null or (created_at, user_id) < ($3, $4)) \
             order by created_at desc, user_id desc limit $5",
        )
        .bind(event_id.0)
        .bind(filter.text.map(containing))
        .bind(after.as_ref().map(|after| after.at))
        .bind(after.as_ref().map(|after| after.id)),
    };
    let rows: Vec<Row> = statement.bind(filter.limit).fetch_all(db).await?;
    Ok(rows.into_iter().map(Attendee::from).collect())
}

/// Deletes the account and all that hangs on it; true when the event had it.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, user_id: UserId) -> Result<bool> {
    let done = query("delete from attendee where event_id = $1 and user_id = $2")
        .bind(event_id.0)
        .bind(user_id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many accounts the event has.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut PgConnection, event_id: EventId) -> Result<i64> {
    Ok(query_scalar("select count(*) from attendee where event_id = $1")
        .bind(event_id.0)
        .fetch_one(db)
        .await?)
}
