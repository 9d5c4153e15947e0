//! What the database tells, passed on to whoever waits for it in this process.

use std::sync::Arc;
use std::time::Duration;

use store::listen::News;
use store::{Store, StoreError};
use tokio::sync::Notify;
use web::NewsFeed;

/// How long to wait before trying to listen again.
const AGAIN: Duration = Duration::from_secs(2);

/// Passes news on for as long as it is polled. Nothing depends on it but how soon things are noticed: when the database
/// cannot be listened to, everybody looks for themselves at intervals.
pub async fn pass_on(store: Store, feed: NewsFeed, wake: Arc<Notify>) {
    loop {
        match store.listen().await {
            Ok(mut listener) => {
                // What happened since the last connection was missed.
                wake.notify_waiters();
                while let Ok(news) = listener.next().await {
                    match news {
                        News::Job => wake.notify_waiters(),
                        News::Event(_) | News::EventGone(_) => feed.publish(news),
                        News::Unknown => {
                            wake.notify_waiters();
                            feed.publish(news);
                        }
                    }
                }
            }
            Err(error @ StoreError::NotDirect) => {
                tracing::warn!(%error, "the database cannot be listened to: changes are noticed seconds later");
                return;
            }
            Err(error) => tracing::warn!(%error, "the database cannot be listened to; trying again"),
        }
        feed.publish(News::Unknown);
        tokio::time::sleep(AGAIN).await;
    }
}
