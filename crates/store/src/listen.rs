//! News from the database: which event changed, or that there is work.

use domain::EventId;
use sqlx::postgres::PgListener;

use crate::{Result, Store};

/// The channel of NOTIFY.
pub const CHANNEL: &str = "findme";

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// There is work in the queue.
    Job,
    /// The photos or the gallery of this event changed.
    Event(EventId),
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
        Ok(match notification.payload() {
            "job" => News::Job,
            payload => payload.parse().map_or(News::Unknown, News::Event),
        })
    }
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
