//! News from the database: which event changed, or that there is work.

use std::time::Duration;

use domain::EventId;
use sqlx::PgConnection;
use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::sql::{query, query_scalar};
use crate::{Result, Store, StoreError};

/// The channel of NOTIFY.
pub const CHANNEL: &str = "findme";
/// The channel on which it is tried whether news arrive; nobody else listens there.
const TRIAL: &str = "findme_trial";
/// How long to wait for the trial's notification, which takes a millisecond.
const TRIAL_WAIT: Duration = Duration::from_secs(2);
/// A setting of our own, by which a connection is known that no PgBouncer serves.
const MARK: &str = "findme.direct";
/// The code of all that PgBouncer itself says.
const PROTOCOL_VIOLATION: &str = "08P01";
/// Stands before the id of an event that is gone.
const GONE: &str = "gone:";

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// There is work in the queue.
    Job,
    /// The photos or the gallery of this event changed.
    Event(EventId),
    /// This event was deleted: nothing of it may be kept.
    EventGone(EventId),
    /// The connection was lost for a while: anything may have happened.
    Unknown,
}

/// A direct connection that listens. It reconnects by itself.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    /// Waits for the next news.
    ///
    /// # Errors
    /// When the connection is lost and cannot be made again at once; calling again tries again.
    pub async fn next(&mut self) -> Result<News> {
        let Some(notification) = self.0.try_recv().await? else { return Ok(News::Unknown) };
        Ok(read(notification.payload()))
    }
}

fn read(payload: &str) -> News {
    if payload == "job" {
        return News::Job;
    }
    match payload.strip_prefix(GONE) {
        Some(event_id) => event_id.parse().map_or(News::Unknown, News::EventGone),
        None => payload.parse().map_or(News::Unknown, News::Event),
    }
}

/// Tells everybody that photos of the event changed, as the transaction commits.
///
/// # Errors
/// When the database fails.
pub async fn tell(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    query("select pg_notify($1, $2)").bind(CHANNEL).bind(event_id.to_string()).execute(db).await?;
    Ok(())
}

/// Tells everybody that an event is gone, as the transaction commits.
pub(crate) async fn tell_gone(db: &mut PgConnection, event_id: EventId) -> Result<()> {
    let payload = format!("{GONE}{event_id}");
    query("select pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(db).await?;
    Ok(())
}

impl Store {
    /// Begins to listen, on a direct connection.
    ///
    /// # Errors
    /// [`StoreError::NotDirect`] when a PgBouncer stands between; otherwise when the database cannot be reached.
    pub async fn listen(&self) -> Result<Listener> {
        let mut listener = self.listener().await?;
        listener.listen(CHANNEL).await?;
        Ok(Listener(listener))
    }

    /// Whether news arrive: what is told through the pools is heard on the direct connection.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn hears_news(&self) -> Result<bool> {
        let mut listener = match self.listener().await {
            Err(StoreError::NotDirect) => return Ok(false),
            listener => listener?,
        };
        listener.listen(TRIAL).await?;
        let mut tx = self.begin().await?;
        query("select pg_notify($1, '')").bind(TRIAL).execute(&mut *tx).await?;
        tx.commit().await?;
        match tokio::time::timeout(TRIAL_WAIT, listener.recv()).await {
            Ok(heard) => Ok(heard.map(|_| true)?),
            Err(_) => Ok(false),
        }
    }

    /// A connection for LISTEN, which is known to be direct.
    ///
    /// A PgBouncer in transaction mode would take LISTEN without complaint: nothing is ever heard, and the news reach
    /// whoever uses the server's connection next, whom they confuse. So the connection begins with a setting that
    /// PostgreSQL takes and PgBouncer refuses, or drops where it was told to ignore such settings.
    async fn listener(&self) -> Result<PgListener> {
        let options = self.direct.clone().options([(MARK, "on")]);
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await.map_err(refusal)?;
        let mark: Option<String> =
            query_scalar("select current_setting($1, true)").bind(MARK).fetch_one(&mut listener).await?;
        if mark.as_deref() == Some("on") { Ok(listener) } else { Err(StoreError::NotDirect) }
    }
}

/// What it means that a connection for LISTEN was refused.
fn refusal(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if code.as_deref() == Some(PROTOCOL_VIOLATION) { StoreError::NotDirect } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_says_what_happened() {
        let event_id = EventId::from_entropy(&domain::Entropy::fixed(1));
        assert_eq!(read("job"), News::Job);
        assert_eq!(read(&event_id.to_string()), News::Event(event_id));
        assert_eq!(read(&format!("gone:{event_id}")), News::EventGone(event_id));
        assert_eq!(read("something new"), News::Unknown);
    }
}
