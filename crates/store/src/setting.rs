//! Switches of the whole installation.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::sql::{query, query_as, query_scalar};

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

/// The mark of the photo store that the photos lie in, which is `fresh` if there was none yet; and whether there are any
/// photos.
///
/// # Errors
/// When the database fails.
pub async fn photo_store(db: &mut PgConnection, fresh: Uuid) -> Result<(Uuid, bool)> {
    Ok(query_as(
        "update setting set photo_store = coalesce(photo_store, $1) returning photo_store, exists (select from photo)",
    )
    .bind(fresh)
    .fetch_one(db)
    .await?)
}
