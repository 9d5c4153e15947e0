//! Invitations to become a member of staff: each works once. Only the hash of a token is kept.

use domain::{Digest, Email, InvitationId, Role, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as};
use crate::staff::role_of;

/// An invitation that waits.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Its id.
    pub invitation_id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when the link works.
    pub expires_at: OffsetDateTime,
}

/// A new invitation.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Its id.
    pub invitation_id: InvitationId,
    /// The hash of the link's token.
    pub token_hash: Digest,
    /// Who is invited.
    pub email: &'a Email,
    /// As what.
    pub role: Role,
    /// By whom.
    pub invited_by: UserId,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when the link works.
    pub expires_at: OffsetDateTime,
}

/// Invites somebody. An earlier invitation of the same address ends.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &mut PgConnection, new: &NewInvitation<'_>) -> Result<()> {
    query("delete from invitation where lower(email) = lower($1)")
        .bind(new.email.as_str())
        .execute(&mut *db)
        .await?;
    query(
        "insert into invitation (invitation_id, token_hash, email, role, invited_by, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.invitation_id.0)
    .bind(new.token_hash.0.as_slice())
    .bind(new.email.as_str())
    .bind(new.role.as_str())
    .bind(new.invited_by.0)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

type Row = (Uuid, String, String, OffsetDateTime, OffsetDateTime);

fn read((invitation_id, email, role, created_at, expires_at): Row) -> Result<Invitation> {
    let invitation_id = InvitationId(invitation_id);
    Ok(Invitation { invitation_id, email, role: role_of(&role)?, created_at, expires_at })
}

/// Uses up the token: what it invited to, when it was good.
///
/// # Errors
/// When the database fails.
pub async fn consume(
    db: &mut PgConnection,
    token_hash: Digest,
    now: OffsetDateTime,
) -> Result<Option<Invitation>> {
    let row: Option<Row> = query_as(
        "delete from invitation where token_hash = $1 and expires_at > $2 \
         returning invitation_id, email, role, created_at, expires_at",
    )
    .bind(token_hash.0.as_slice())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(read).transpose()
}

/// Invitations that wait, newest first, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &mut PgConnection, now: OffsetDateTime) -> Result<Vec<Invitation>> {
    let rows: Vec<Row> = query_as(
        "select invitation_id, email, role, created_at, expires_at from invitation where expires_at > $1 \
         order by created_at desc, invitation_id limit 500",
    )
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(read).collect()
}

/// Withdraws an invitation; true when there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, invitation_id: InvitationId) -> Result<bool> {
    let done =
        query("delete from invitation where invitation_id = $1").bind(invitation_id.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws all invitations that somebody sent, as they may no longer invite.
///
/// # Errors
/// When the database fails.
pub async fn delete_by(db: &mut PgConnection, invited_by: UserId) -> Result<()> {
    query("delete from invitation where invited_by = $1").bind(invited_by.0).execute(db).await?;
    Ok(())
}

/// Sweeps away invitations that have run out.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64> {
    Ok(query("delete from invitation where expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}
