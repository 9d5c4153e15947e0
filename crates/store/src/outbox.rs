//! Messages on their way to people, or simulated where no mail server is set up.

use domain::{AccountId, Email, InvitationId, Language, MessageId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::page::AfterTime;
use crate::sign_in::columns_of;
use crate::sql::{query, query_as};

/// Whom a message concerns: it goes when they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concerns {
    /// A person with an account.
    Account(AccountId),
    /// Somebody who is invited.
    Invitation(InvitationId),
}

/// A message to send.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// Its id.
    pub message_id: MessageId,
    /// What it is about: a stable name.
    pub kind: &'static str,
    /// Whom it is for.
    pub recipient: &'a Email,
    /// In which language it is written.
    pub language: Language,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub body: &'a str,
    /// Whom it concerns.
    pub concerns: Concerns,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

/// A message, as admins read it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Message {
    /// Its id.
    pub message_id: Uuid,
    /// What it is about.
    pub kind: String,
    /// Whom it is for.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// `simulated`: nothing was sent.
    pub state: String,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

/// Puts a message into the outbox as simulated.
///
/// # Errors
/// When whom it concerns does not exist, or the database fails.
pub async fn simulate(db: &mut PgConnection, new: &NewMessage<'_>) -> Result<()> {
    let (account, invitation_id) = match new.concerns {
        Concerns::Account(account) => (columns_of(account), None),
        Concerns::Invitation(invitation_id) => ((None, None, None), Some(invitation_id.0)),
    };
    query(
        "insert into outbox (message_id, kind, recipient, language, subject, body, state, created_at, staff_id, \
           event_id, attendee_id, invitation_id) \
         values ($1, $2, $3, $4, $5, $6, 'simulated', $7, $8, $9, $10, $11)",
    )
    .bind(new.message_id.0)
    .bind(new.kind)
    .bind(new.recipient.as_str())
    .bind(match new.language {
        Language::En => "en",
        Language::Fr => "fr",
    })
    .bind(new.subject)
    .bind(new.body)
    .bind(new.created_at)
    .bind(account.0)
    .bind(account.1)
    .bind(account.2)
    .bind(invitation_id)
    .execute(db)
    .await?;
    Ok(())
}

/// A page of messages, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, after: Option<AfterTime>, limit: i64) -> Result<Vec<Message>> {
    Ok(query_as(
        "select message_id, kind, recipient, subject, body, state, created_at from outbox \
         where $1::timestamptz is null or (created_at, message_id) < ($1, $2) \
         order by created_at desc, message_id desc limit $3",
    )
    .bind(after.map(|after| after.at))
    .bind(after.map(|after| after.id))
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// Sweeps away messages written before `moment`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, moment: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from outbox where created_at < $1").bind(moment).execute(db).await?.rows_affected())
}
