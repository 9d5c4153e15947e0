//! Sweeps away what has run out: log-ins, links, allowances, old messages, old lines of the audit log.

use domain::Clock;
use store::{Store, audit, invitation, login_guard, outbox, password_link, rate_limit, sign_in};
use time::Duration;

use crate::JobError;

/// How long messages are kept.
const MESSAGES: Duration = Duration::days(30);
/// How long lines of the audit log are kept.
const AUDIT: Duration = Duration::days(365);

/// Sweeps once. Doing it twice at the same time does no harm.
pub(crate) async fn sweep(store: &Store, clock: &Clock) -> Result<(), JobError> {
    let now = clock.now();
    let mut tx = store.begin_job().await?;
    let mut swept = sign_in::sweep(&mut tx, now).await?;
    swept += password_link::sweep(&mut tx, now).await?;
    swept += invitation::sweep(&mut tx, now).await?;
    swept += rate_limit::sweep(&mut tx, now).await?;
    swept += login_guard::sweep(&mut tx, now).await?;
    swept += outbox::sweep(&mut tx, now - MESSAGES).await?;
    swept += audit::sweep(&mut tx, now - AUDIT).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    tracing::debug!(swept, "swept away what has run out");
    Ok(())
}
