//! Counts what happens at an event, for its figures.

use domain::EventId;
use store::event_hour::{self, Kind};

use crate::Web;
use crate::error::commit;

/// Counts `n` more of something. Nobody goes without what they asked for because it could not be counted.
pub(crate) async fn count(web: &Web, event_id: EventId, kind: Kind, n: i64) {
    let counted = async {
        let mut tx = web.store.begin().await?;
        event_hour::count(&mut tx, event_id, web.clock.now(), kind, n).await?;
        commit(tx).await
    };
    if let Err(problem) = counted.await {
        tracing::warn!(code = problem.code().as_str(), "what happened at an event could not be counted");
    }
}
