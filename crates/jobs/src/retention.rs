//! Deletes events whose day has come, as somebody who may would.

use domain::{AuditId, EventId};
use store::audit::NewEntry;
use time::{Date, Duration};

use crate::{JobError, Worker};

/// By how much the day begins later than in UTC where it begins last.
const WEST_MOST: Duration = Duration::hours(12);

/// Deletes every event whose day has come. Returns how many. One that cannot be deleted keeps no other: it is tried again
/// with the next sweep.
pub(crate) async fn end_events(worker: &Worker) -> Result<usize, JobError> {
    let today = today_everywhere(worker);
    let mut tx = worker.store.begin_job().await?;
    let due = store::event::to_delete_by(&mut tx, today).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let mut ended = 0;
    for event_id in due {
        match end(worker, event_id).await {
            Ok(gone) => ended += usize::from(gone),
            Err(error) => {
                tracing::error!(%error, %event_id, "an event whose day has come could not be deleted; trying again later");
            }
        }
    }
    Ok(ended)
}

/// The latest day that has begun everywhere on earth: nobody knows in which place an event is, and what is deleted a few
/// hours late can be borne, not what is deleted on the evening before.
fn today_everywhere(worker: &Worker) -> Date {
    (worker.clock.now() - WEST_MOST).date()
}

/// Deletes the event, unless its day was put off meanwhile.
async fn end(worker: &Worker, event_id: EventId) -> Result<bool, JobError> {
    let now = worker.clock.now();
    let mut tx = worker.store.begin_job().await?;
    let event = store::event::lock(&mut tx, event_id).await?;
    if event.and_then(|event| event.delete_on).is_none_or(|day| day > today_everywhere(worker)) {
        return Ok(false);
    }
    store::event::delete(&mut tx, event_id).await?;
    let entry = NewEntry {
        audit_id: AuditId::from_entropy(&worker.entropy),
        at: now,
        actor_id: None,
        actor_role: "system",
        action: "DELETE /api/events/{event}",
        event_id: Some(event_id),
        target_id: None,
        status: 204,
        address: "",
        request_id: "",
    };
    store::audit::insert(&mut tx, &entry).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    worker.recognizer.forget_event(event_id);
    tracing::info!(%event_id, "an event was deleted because its day had come");
    Ok(true)
}
