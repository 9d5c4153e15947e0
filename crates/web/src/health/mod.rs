//! Probes.

pub mod live;
pub mod ready;
pub mod report;

use blobs::Blobs;
use store::Store;

/// What does not work, as the names of parts; empty when all is well.
async fn failing_parts(store: &Store, blobs: &Blobs) -> Vec<&'static str> {
    let mut failing = Vec::new();
    if let Err(error) = store.ping().await {
        tracing::warn!(%error, "the database does not answer");
        failing.push("database");
    }
    if let Err(error) = blobs.works().await {
        tracing::warn!(%error, "the photo store does not work");
        failing.push("blobs");
    }
    failing
}
