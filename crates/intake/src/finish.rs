//! An upload that has arrived whole becomes a photo.

use blobs::PartKey;
use domain::{Digest, EventId, UploadId};
use futures::StreamExt as _;
use recognizer::SNIFF_BYTES;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::upload::{Outcome, Upload};

use crate::receive::Bytes;
use crate::{Incoming, Receipt, ReceiveError, Receiver};

impl Receiver {
    /// Makes a photo of an upload that is stored whole; `sha256` where it is known already. Doing it twice, at once or
    /// after a crash, gives one photo and the same receipt.
    ///
    /// # Errors
    /// When the database or the photo store fails; then it can be done again.
    pub async fn finish(&self, upload: &Upload, sha256: Option<Digest>) -> Result<Receipt, ReceiveError> {
        if let Some(outcome) = &upload.outcome {
            return Ok(outcome.clone().into());
        }
        let finished = match self.finish_once(upload, sha256).await {
            Err(ReceiveError::Blobs(error)) => match self.finished_by_others(upload).await? {
                Some(receipt) => Ok(receipt),
                // Also when a part is missing: it may be the wrong store that is mounted. The upload runs out by itself.
                None => Err(error.into()),
            },
            finished => finished,
        };
        if finished.is_ok() {
            self.drop_parts(upload.event_id, upload.upload_id).await;
        }
        finished
    }

    async fn finish_once(&self, upload: &Upload, sha256: Option<Digest>) -> Result<Receipt, ReceiveError> {
        let mut tx = self.store.begin().await?;
        let parts = store::upload::parts(&mut tx, upload.event_id, upload.upload_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let keys: Vec<PartKey> = parts
            .iter()
            .map(|part| PartKey::new(upload.event_id, upload.upload_id.0, part.part_id))
            .collect();
        let examined = self.examine(&keys, sha256).await?;
        let incoming = Incoming {
            event_id: upload.event_id,
            batch_id: upload.batch_id,
            upload_id: Some(upload.upload_id),
            file_name: &upload.file_name,
            bytes: Bytes::Parts(&keys),
            sha256: examined.sha256,
            size_bytes: u64::try_from(upload.size_bytes).unwrap_or(0),
            head: &examined.head,
            uploaded_by: upload.created_by,
        };
        self.receive(&incoming).await
    }

    /// Reads the parts as far as needed.
    async fn examine(&self, parts: &[PartKey], sha256: Option<Digest>) -> Result<Examined, ReceiveError> {
        let _turn = self.turn().await;
        let (mut hasher, mut head) = (Sha256::new(), Vec::with_capacity(SNIFF_BYTES));
        let mut stream = self.blobs.read_parts(parts);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            head.extend_from_slice(&chunk[..chunk.len().min(SNIFF_BYTES - head.len())]);
            match sha256 {
                Some(sha256) if head.len() == SNIFF_BYTES => return Ok(Examined { sha256, head }),
                Some(_) | None => hasher.update(&chunk),
            }
        }
        Ok(Examined { sha256: sha256.unwrap_or_else(|| Digest(hasher.finalize().into())), head })
    }

    /// What somebody else, who has removed the parts meanwhile, made of it.
    async fn finished_by_others(&self, upload: &Upload) -> Result<Option<Receipt>, StoreError> {
        let mut tx = self.store.begin().await?;
        let now = store::upload::by_id(&mut tx, upload.event_id, upload.upload_id).await?;
        Ok(now.and_then(|now| now.outcome).map(Receipt::from))
    }

    /// Ends an upload that can be no photo, for the reason `code`, before it has come whole.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reject_upload(&self, upload: &Upload, code: &str) -> Result<(), ReceiveError> {
        self.write_rejection(upload, code).await?;
        self.drop_parts(upload.event_id, upload.upload_id).await;
        Ok(())
    }

    async fn write_rejection(&self, upload: &Upload, code: &str) -> Result<(), ReceiveError> {
        let (event_id, upload_id) = (upload.event_id, upload.upload_id);
        let mut tx = self.store.begin().await?;
        store::event::next_change(&mut tx, event_id).await?.ok_or(ReceiveError::EventGone)?;
        let locked = store::upload::lock(&mut tx, event_id, upload_id).await?;
        if locked.ok_or(ReceiveError::UploadGone)?.outcome.is_some() {
            return Ok(());
        }
        if let Some(batch_id) = upload.batch_id {
            self.note_rejection(&mut tx, event_id, batch_id, &upload.file_name, code).await?;
        }
        store::upload::finish(&mut tx, event_id, upload_id, &Outcome::Rejected(code.to_owned())).await?;
        store::listen::tell(&mut tx, event_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Ends an upload; true when there was one. Its row goes last, as it leads to the parts: where they cannot be
    /// deleted now, both are swept away with what has run out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_upload(&self, event_id: EventId, upload_id: UploadId) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let existed = store::upload::run_out(&mut tx, event_id, upload_id).await?;
        tx.commit().await?;
        if let Err(error) = self.blobs.delete_upload(event_id, upload_id.0).await {
            tracing::warn!(%error, %upload_id, "the parts of an upload could not be deleted; trying again later");
            return Ok(existed);
        }
        let mut tx = self.store.begin().await?;
        store::upload::delete(&mut tx, event_id, upload_id).await?;
        tx.commit().await?;
        Ok(existed)
    }

    /// Deletes the parts of an upload that has an outcome. What cannot be deleted now is deleted soon by
    /// [`Receiver::drop_left_parts`].
    async fn drop_parts(&self, event_id: EventId, upload_id: UploadId) {
        if let Err(error) = self.try_to_drop_parts(event_id, upload_id).await {
            tracing::warn!(%error, %upload_id, "the parts of an upload could not be deleted; trying again later");
        }
    }

    /// The same, with the reason why it could not be done.
    pub(crate) async fn try_to_drop_parts(
        &self,
        event_id: EventId,
        upload_id: UploadId,
    ) -> Result<(), ReceiveError> {
        self.blobs.delete_upload(event_id, upload_id.0).await?;
        let mut tx = self.store.begin().await?;
        store::upload::set_parts_gone(&mut tx, event_id, upload_id, true).await?;
        Ok(tx.commit().await.map_err(StoreError::from)?)
    }
}

struct Examined {
    sha256: Digest,
    /// The file's first [`SNIFF_BYTES`] bytes.
    head: Vec<u8>,
}
