//! Switches of the whole installation.

use sqlx::PgConnection;

use crate::Result;
use crate::sql::{query, query_scalar};

/// The switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Whether all staff must have a second step at log-in.
    pub require_mfa: bool,
}

/// The switches as they are.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &mut PgConnection) -> Result<Setting> {
    Ok(Setting { require_mfa: query_scalar("select require_mfa from setting").fetch_one(db).await? })
}

/// Sets the switches.
///
/// # Errors
/// When the database fails.
pub async fn set(db: &mut PgConnection, setting: Setting) -> Result<()> {
    query("update setting set require_mfa = $1").bind(setting.require_mfa).execute(db).await?;
    Ok(())
}
