//! What an event's staff choose for its visitors: who may enter, what is shown, how it looks, when it ends.

use domain::EventId;
use sqlx::PgConnection;
use time::Date;

use crate::Result;
use crate::event::{Access, Event, Watermark};
use crate::sql::{expect_rows, query};

/// What an event's staff choose for its visitors, all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Who may enter. Its epoch is not written but grows by itself.
    pub access: Access,
    /// Whether visitors may look through all published photos without a search.
    pub browse_enabled: bool,
    /// Whether new photos wait until somebody publishes them.
    pub review_enabled: bool,
    /// The day on which the event goes.
    pub delete_on: Option<Date>,
    /// What visitors read first.
    pub welcome: Option<String>,
    /// A colour of the event's own, `#rrggbb`.
    pub accent: Option<String>,
    /// What is drawn over the photos that visitors get.
    pub watermark: Watermark,
}

impl From<Event> for Settings {
    fn from(event: Event) -> Self {
        Self {
            access: event.access,
            browse_enabled: event.browse_enabled,
            review_enabled: event.review_enabled,
            delete_on: event.delete_on,
            welcome: event.welcome,
            accent: event.accent,
            watermark: event.watermark,
        }
    }
}

/// Writes the settings of an event that [`crate::event::lock`] has locked. Whoever entered before has to enter again
/// when mode or code are others now.
///
/// # Errors
/// When there is no such event, or the database fails.
pub async fn write(db: &mut PgConnection, event_id: EventId, settings: &Settings) -> Result<()> {
    let Settings { access, browse_enabled, review_enabled, delete_on, welcome, accent, watermark } = settings;
    let done = query(
        "update event set access_mode = $2, access_code = $3, access_epoch = access_epoch \
           + case when (access_mode, access_code) is distinct from ($2, $3) then 1 else 0 end, \
         browse_enabled = $4, review_enabled = $5, delete_on = $6, welcome = $7, accent = $8, \
         watermark_enabled = $9, watermark_text = $10, watermark_logo = $11, watermark_corner = $12, \
         watermark_opacity = $13 where event_id = $1",
    )
    .bind(event_id.0)
    .bind(access.mode.as_str())
    .bind(access.code.as_deref())
    .bind(browse_enabled)
    .bind(review_enabled)
    .bind(delete_on)
    .bind(welcome.as_deref())
    .bind(accent.as_deref())
    .bind(watermark.enabled)
    .bind(watermark.text.as_deref())
    .bind(watermark.logo)
    .bind(watermark.corner.as_str())
    .bind(watermark.opacity)
    .execute(db)
    .await?;
    expect_rows("write settings", 1, done.rows_affected())
}
