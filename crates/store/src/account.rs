//! What staff and attendees have in common: a password.

use domain::AccountId;
use sqlx::PgConnection;

use crate::Result;
use crate::sql::{query, query_scalar};

/// The hash of the account's password; `None` when there is no such account, or no password yet.
///
/// # Errors
/// When the database fails.
pub async fn password_hash(db: &mut PgConnection, account: AccountId) -> Result<Option<String>> {
    let hash: Option<Option<String>> = match account {
        AccountId::Staff(user_id) => {
            query_scalar("select password_hash from staff where user_id = $1")
                .bind(user_id.0)
                .fetch_optional(db)
                .await?
        }
        AccountId::Attendee(event_id, user_id) => {
            query_scalar("select password_hash from attendee where event_id = $1 and user_id = $2")
                .bind(event_id.0)
                .bind(user_id.0)
                .fetch_optional(db)
                .await?
        }
    };
    Ok(hash.flatten())
}

/// Whether the account's password still has this hash; if so, it stays until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn password_is_still(db: &mut PgConnection, account: AccountId, hash: &str) -> Result<bool> {
    let same: Option<i32> = match account {
        AccountId::Staff(user_id) => {
            query_scalar("select 1 from staff where user_id = $1 and password_hash = $2 for no key update")
                .bind(user_id.0)
                .bind(hash)
                .fetch_optional(db)
                .await?
        }
        AccountId::Attendee(event_id, user_id) => {
            query_scalar(
                "select 1 from attendee where event_id = $1 and user_id = $2 and password_hash = $3 \
                 for no key update",
            )
            .bind(event_id.0)
            .bind(user_id.0)
            .bind(hash)
            .fetch_optional(db)
            .await?
        }
    };
    Ok(same.is_some())
}

/// Sets the account's password; true when there is such an account.
///
/// # Errors
/// When the database fails.
pub async fn set_password(db: &mut PgConnection, account: AccountId, password_hash: &str) -> Result<bool> {
    let statement = match account {
        AccountId::Staff(user_id) => query("update staff set password_hash = $2 where user_id = $1")
            .bind(user_id.0)
            .bind(password_hash),
        AccountId::Attendee(event_id, user_id) => {
            query("update attendee set password_hash = $3 where event_id = $1 and user_id = $2")
                .bind(event_id.0)
                .bind(user_id.0)
                .bind(password_hash)
        }
    };
    Ok(statement.execute(db).await?.rows_affected() == 1)
}
