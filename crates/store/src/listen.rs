//! News from the database: which event changed, or that there is work.

use domain::EventId;
use sqlx::PgConnection;
use sqlx::postgres::PgListener;

use crate::sql::query;
use crate::{Result, Store};

/// The channel of NOTIFY.
pub const CHANNEL: &str = "findme";
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
    /// Begins to listen, on a direct connection (PgBouncer in transaction mode cannot carry LISTEN).
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self) -> Result<Listener> {
        let pool = self.listening_pool();
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Listener(listener))
    }
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
