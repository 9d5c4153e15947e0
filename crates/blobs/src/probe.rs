//! Whether the store works.

use std::sync::Arc;
use std::time::Duration;

use object_store::{ObjectStoreExt as _, PutPayload};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::{BlobError, Blobs, key};

/// For how long an answer of [`Blobs::works`] is given again.
const PROBE_EVERY: Duration = Duration::from_secs(5);
/// Several processes probe one store: one may remove what another is about to read.
const ATTEMPTS_MAX: usize = 3;

/// What the last probe said, and when.
pub(crate) type LastProbe = Mutex<Option<(Instant, Result<(), Arc<BlobError>>)>>;

impl Blobs {
    /// Writes, reads and removes a small blob: whether the store works.
    ///
    /// # Errors
    /// When one of the three fails, or other bytes come back.
    pub async fn probe(&self) -> Result<(), BlobError> {
        let round = async {
            for _ in 0..ATTEMPTS_MAX {
                if self.write_and_read().await? {
                    return Ok(());
                }
            }
            Err(BlobError::Open("what was written is not what is read".to_owned()))
        };
        tokio::time::timeout(self.limits.answer, round)
            .await
            .unwrap_or(Err(BlobError::Late(self.limits.answer)))
    }

    /// The same, for whoever asks often: a probe's outcome is given again for five seconds, and whoever asks while one is
    /// under way gets its outcome.
    ///
    /// # Errors
    /// Those of [`Blobs::probe`].
    pub async fn works(&self) -> Result<(), Arc<BlobError>> {
        let mut last = self.probed.lock().await;
        if let Some((at, outcome)) = last.as_ref()
            && at.elapsed() < PROBE_EVERY
        {
            return outcome.clone();
        }
        let outcome = self.probe().await.map_err(Arc::new);
        *last = Some((Instant::now(), outcome.clone()));
        outcome
    }

    async fn write_and_read(&self) -> Result<bool, BlobError> {
        let path = key::probe_path();
        self.store.put(&path, PutPayload::from_static(b"findme")).await?;
        let Some(found) = self.answered(self.store.get(&path)).await? else { return Ok(false) };
        let read = found.bytes().await?;
        self.answered(self.store.delete(&path)).await?;
        Ok(read.as_ref() == b"findme")
    }
}
