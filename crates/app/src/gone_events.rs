//! Events that were deleted in another process: what this one keeps of them in memory goes too.

use std::time::Duration;

use recognizer::Recognizer;
use store::Store;
use web::{MarkedPhotos, NewsFeed};

/// Drops the galleries and marked photos of events that were deleted in other processes: at once when the database tells, within a
/// minute when it cannot.
pub(crate) async fn forget(store: Store, recognizer: Recognizer, marked: MarkedPhotos, feed: NewsFeed) {
    let mut news = feed.subscribe();
    loop {
        let forgotten = match forget_once(&store, &recognizer).await {
            Ok(()) => marked.forget_gone(&store).await,
            Err(error) => Err(error),
        };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "whether events in memory still exist could not be asked; trying again");
        }
        let _ = tokio::time::timeout(Duration::from_mins(1), news.of_a_removal()).await;
    }
}

/// Drops them once.
///
/// # Errors
/// When the database is away.
pub async fn forget_once(store: &Store, recognizer: &Recognizer) -> store::Result<()> {
    let kept = recognizer.events_in_memory();
    if kept.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin_job().await?;
    let existing = store::event::existing(&mut tx, &kept).await?;
    for event_id in kept.into_iter().filter(|event_id| !existing.contains(event_id)) {
        recognizer.forget_event(event_id);
    }
    Ok(())
}
