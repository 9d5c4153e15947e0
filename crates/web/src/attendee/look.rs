//! How many photos an event has to show: looked up once for all who ask at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::EventId;
use store::event::Access;
use store::visible::{self, Count};
use store::visitor::Visitor;
use store::{Store, StoreError};
use tokio::time::Instant;

/// What was seen last, by event. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Looks(Arc<Mutex<HashMap<EventId, Slot>>>);

type Slot = Arc<tokio::sync::Mutex<Option<Look>>>;

/// What was seen of an event.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    at: Instant,
    /// The event's number of its last change.
    pub(crate) change: i64,
    /// Who is let in.
    pub(crate) access: Access,
    /// What there is to see.
    pub(crate) count: Count,
}

impl Looks {
    /// What a look at the event shows that was not taken before `not_before`; nothing when the event is gone. Hundreds of
    /// pages hear of a change at once: one of them looks for all, and the photos are counted only if there was a change.
    /// Only people who are hidden see another number than others, so it is counted for them.
    pub(crate) async fn look(
        &self,
        store: &Store,
        event_id: EventId,
        visitor: Option<&Visitor>,
        not_before: Instant,
    ) -> Result<Option<Look>, StoreError> {
        let slot = Arc::clone(self.lock().entry(event_id).or_default());
        let mut last = slot.lock().await;
        if last.as_ref().is_none_or(|look| look.at < not_before) {
            *last = anew(store, event_id, last.take()).await?;
        }
        let Some(mut look) = last.clone() else {
            self.lock().remove(&event_id);
            return Ok(None);
        };
        drop(last);
        if let Some(visitor) = visitor.filter(|visitor| visitor.hidden) {
            let mut tx = store.begin().await?;
            look.count = visible::count(&mut tx, event_id, Some(visitor.visitor_id)).await?;
        }
        Ok(Some(look))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EventId, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn anew(store: &Store, event_id: EventId, last: Option<Look>) -> Result<Option<Look>, StoreError> {
    let at = Instant::now();
    let mut tx = store.begin().await?;
    let Some(event) = store::event::by_id(&mut tx, event_id).await? else { return Ok(None) };
    let count = match last {
        Some(last) if last.change == event.change_count => last.count,
        _ => visible::count(&mut tx, event_id, None).await?,
    };
    Ok(Some(Look { at, change: event.change_count, access: event.access, count }))
}
