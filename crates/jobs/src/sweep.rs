//! Sweeps away what has run out: uploads, log-ins, links, allowances, old messages, old lines of the audit log, visitors
//! who do not come back, events.

use store::{
    audit, invitation, login_guard, outbox, password_link, rate_limit, refresh_token, sign_in, visitor,
};
use time::Duration;

use crate::{JobError, Worker, retention};

/// How long messages are kept.
const MESSAGES: Duration = Duration::days(30);
/// How long lines of the audit log are kept.
const AUDIT: Duration = Duration::days(365);

/// How long visitors without an account are known after they were last seen: as long as their cookies.
const VISITORS: Duration = Duration::days(180);

/// How long used refresh tokens are kept, to tell when one comes a second time.
const USED_TOKENS: Duration = Duration::days(14);

/// Sweeps once. Doing it twice at the same time does no harm.
pub(crate) async fn sweep(worker: &Worker) -> Result<(), JobError> {
    /// Each in a transaction of its own, so that nobody waits for more than one of them.
    macro_rules! each {
        ($($table:ident before $moment:expr;)*) => {
            $({
                let mut tx = worker.store.begin_job().await?;
                let swept = $table::sweep(&mut tx, $moment).await?;
                tx.commit().await.map_err(store::StoreError::from)?;
                tracing::debug!(table = stringify!($table), swept, "swept away what has run out");
            })*
        };
    }
    let now = worker.clock.now();
    each! {
        sign_in before now;
        refresh_token before now - USED_TOKENS;
        password_link before now;
        invitation before now;
        rate_limit before now;
        login_guard before now;
        outbox before now - MESSAGES;
        audit before now - AUDIT;
        visitor before now - VISITORS;
    }
    let ended = retention::end_events(worker).await?;
    tracing::debug!(ended, "events whose day had come were deleted");
    let swept = worker.receiver.sweep_uploads().await?;
    tracing::debug!(swept, "uploads that have run out were deleted");
    Ok(())
}
