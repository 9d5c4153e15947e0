//! Templates: the one embedding that a person with an account chose to leave at an event, to be told of new photos or to
//! be hidden. What it was found in is in [`crate::template_match`].
//!
//! ## Why
//! - A template comes, is replaced and goes with the event's row locked ([`crate::event::next_change`]), and photos
//!   become ready under the same lock. So each photo is compared with each template: by whoever comes second.

use domain::{Embedding, EventId, Language, VisitorId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Result;
use crate::sql::{parse, query, query_as};

/// What is known of a template, but for its embedding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The model pack that made it.
    pub pack: String,
    /// The wording that the person agreed to.
    pub consent_version: String,
    /// When they gave it.
    pub given_at: OffsetDateTime,
    /// Whether they want mails about new photos.
    pub notify: bool,
}

/// A template to keep.
#[derive(Debug)]
pub struct NewTemplate<'a> {
    /// Whose.
    pub visitor_id: VisitorId,
    /// The model pack that made it.
    pub pack: &'a str,
    /// The embedding.
    pub embedding: &'a Embedding,
    /// The wording that the person agreed to.
    pub consent_version: &'a str,
    /// When.
    pub given_at: OffsetDateTime,
    /// Whether they want mails about new photos.
    pub notify: bool,
    /// In which language.
    pub language: Language,
}

/// Keeps a template in place of an earlier one, whose matches go. With the event's row locked.
///
/// # Errors
/// When there is no such visitor, or the database fails.
pub async fn replace(db: &mut PgConnection, event_id: EventId, new: &NewTemplate<'_>) -> Result<()> {
    lock(db, event_id, new.visitor_id).await?;
    query("delete from template_match where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(new.visitor_id.0)
        .execute(&mut *db)
        .await?;
    // When the person was last told stays, so that they are not told more often than it allows.
    query(
        "insert into template (event_id, visitor_id, pack, embedding, consent_version, given_at, notify, language) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (event_id, visitor_id) do update set \
           pack = excluded.pack, embedding = excluded.embedding, consent_version = excluded.consent_version, \
           given_at = excluded.given_at, notify = excluded.notify, language = excluded.language",
    )
    .bind(event_id.0)
    .bind(new.visitor_id.0)
    .bind(new.pack)
    .bind(new.embedding.to_le_bytes())
    .bind(new.consent_version)
    .bind(new.given_at)
    .bind(new.notify)
    .bind(language_text(new.language))
    .execute(db)
    .await?;
    Ok(())
}

/// The visitor's template.
///
/// # Errors
/// When the database fails.
pub async fn of(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<Option<Template>> {
    let row: Option<(String, String, OffsetDateTime, bool)> = query_as(
        "select pack, consent_version, given_at, notify from template where event_id = $1 and visitor_id = $2",
    )
    .bind(event_id.0)
    .bind(visitor_id.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(pack, consent_version, given_at, notify)| Template {
        pack,
        consent_version,
        given_at,
        notify,
    }))
}

/// The embedding of the visitor's template, and the pack that made it.
///
/// # Errors
/// When the database fails.
pub async fn embedding(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
) -> Result<Option<(String, Embedding)>> {
    let row: Option<(String, Vec<u8>)> =
        query_as("select pack, embedding from template where event_id = $1 and visitor_id = $2")
            .bind(event_id.0)
            .bind(visitor_id.0)
            .fetch_optional(db)
            .await?;
    row.map(|(pack, bytes)| Ok((pack, parse("template", Embedding::from_le_bytes(&bytes))?))).transpose()
}

/// Whether the person wants mails from now on, and in which language; true when they have a template.
///
/// # Errors
/// When the database fails.
pub async fn set_notify(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    notify: bool,
    language: Language,
) -> Result<bool> {
    let done =
        query("update template set notify = $3, language = $4 where event_id = $1 and visitor_id = $2")
            .bind(event_id.0)
            .bind(visitor_id.0)
            .bind(notify)
            .bind(language_text(language))
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// How much face data there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Templates: one or none.
    pub templates: u64,
    /// Photos that it was found in.
    pub matches: u64,
}

/// Deletes the visitor's template and all it was found in. With the event's row locked.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<Deleted> {
    lock(db, event_id, visitor_id).await?;
    let matches = query("delete from template_match where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .execute(&mut *db)
        .await?;
    let templates = query("delete from template where event_id = $1 and visitor_id = $2")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .execute(db)
        .await?;
    Ok(Deleted { templates: templates.rows_affected(), matches: matches.rows_affected() })
}

/// Locks the visitor's template, if there is one, before its matches: whoever tells people of new photos takes them in
/// this order too, and without the event's row.
async fn lock(db: &mut PgConnection, event_id: EventId, visitor_id: VisitorId) -> Result<()> {
    query("select from template where event_id = $1 and visitor_id = $2 for update")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) fn language_text(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Fr => "fr",
    }
}
