//! What happened elsewhere, for pages that stay open.

use domain::EventId;
use store::listen::News;
use tokio::sync::broadcast;

/// Passes news from the database on to whoever waits for them.
#[derive(Clone, Debug)]
pub struct NewsFeed(broadcast::Sender<News>);

impl Default for NewsFeed {
    fn default() -> Self {
        Self(broadcast::Sender::new(256))
    }
}

impl NewsFeed {
    /// Tells everybody.
    pub fn publish(&self, news: News) {
        // Nobody waiting is no error.
        let _ = self.0.send(news);
    }

    /// Waits for news from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
    }
}

/// A place to wait for news.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<News>);

impl Subscription {
    /// Returns when an event may have been deleted.
    pub async fn of_a_removal(&mut self) {
        loop {
            match self.0.recv().await {
                Ok(News::Job | News::Event(_)) => {}
                Ok(News::EventGone(_) | News::Unknown) | Err(broadcast::error::RecvError::Lagged(_)) => {
                    return;
                }
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Returns when something may have happened at the event.
    pub async fn of_event(&mut self, event_id: EventId) {
        loop {
            match self.0.recv().await {
                Ok(News::Event(other) | News::EventGone(other)) if other != event_id => {}
                Ok(News::Job) => {}
                // An overflow means that something was missed: look.
                Ok(News::Event(_) | News::EventGone(_) | News::Unknown)
                | Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
