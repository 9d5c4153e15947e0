//! Writes down how often Amazon Rekognition was called, for what it costs.

use domain::Clock;
use recognizer::{Called, Recognizer};
use store::Store;

use crate::JobError;

/// Writes down the calls that were answered since this was done last. Those of a process that is killed in between, of the
/// last seconds, are not counted.
///
/// # Errors
/// When the database is away; then these calls are not counted, which the log says.
pub async fn write_calls(store: &Store, recognizer: &Recognizer, clock: &Clock) -> Result<(), JobError> {
    let Some(there) = recognizer.rekognition() else { return Ok(()) };
    let called = there.take_calls();
    if called.is_empty() {
        return Ok(());
    }
    let written = write(store, clock, &called).await;
    if written.is_err() {
        tracing::warn!(?called, "calls of Rekognition could not be written down");
    }
    written
}

async fn write(store: &Store, clock: &Clock, called: &Called) -> Result<(), JobError> {
    let day = clock.now().to_offset(time::UtcOffset::UTC).date();
    let mut tx = store.begin_job().await?;
    for (operation, calls) in called {
        let calls = i64::try_from(*calls).unwrap_or(i64::MAX);
        store::rekognition::add_calls(&mut tx, day, operation.name(), calls).await?;
    }
    Ok(tx.commit().await.map_err(store::StoreError::from)?)
}
