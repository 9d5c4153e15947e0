//! Bytes of an upload as they arrive: stored in parts, each written down once it is durable.

use std::time::Duration;

use blobs::PartKey;
use bytes::{Bytes, BytesMut};
use domain::Digest;
use futures::{Stream, StreamExt as _};
use recognizer::{PhotoError, SNIFF_BYTES};
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::upload::{Part, Upload};
use uuid::Uuid;

use crate::checksum::Summing;
use crate::{Checksum, ReceiveError, Receiver};

/// Bytes are stored, and can be counted on, in parts of at most this size.
pub const PART_BYTES: usize = 4 * 1024 * 1024;
/// A sender who is silent for so long is taken to be gone.
pub const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long an upload can go on after its last part came.
pub const LASTS: time::Duration = time::Duration::days(7);

/// Why a piece was not, or not wholly, added.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The database or the photo store, or the upload is gone.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The upload has got on meanwhile: somebody else is sending it.
    #[error("the upload is not where this piece begins")]
    Elsewhere,
    /// More came than the file was said to have.
    #[error("the piece reaches beyond the end of the file")]
    TooLong,
    /// The piece has another sum than its sender said; nothing of it was kept.
    #[error("the piece arrived changed")]
    Checksum,
    /// The line broke; what had come is kept.
    #[error("the sender is gone")]
    Interrupted,
    /// The file's first bytes tell that it is no photo.
    #[error(transparent)]
    NoPhoto(#[from] PhotoError),
}

impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        Self::Receive(error.into())
    }
}

impl From<blobs::BlobError> for AppendError {
    fn from(error: blobs::BlobError) -> Self {
        Self::Receive(error.into())
    }
}

/// A piece on its way.
struct Piece<'a> {
    receiver: &'a Receiver,
    upload: &'a Upload,
    /// Where in the file the next part begins.
    at: i64,
    buffer: BytesMut,
    /// Parts that are stored, to be written down when the sum is known to be right.
    held: Vec<Part>,
    checksum: Option<(Summing, Vec<u8>)>,
    /// The sum of the whole file, when this piece begins with its first byte.
    whole: Option<Sha256>,
    sniffed: bool,
}

impl Receiver {
    /// Adds a piece that begins where the upload stands. Returns how much of the file is stored now, and the SHA-256 of
    /// the file if it came whole in this one piece.
    ///
    /// What came before the line broke is kept; with a `checksum` all of the piece is kept or nothing.
    ///
    /// # Errors
    /// See [`AppendError`]. The upload stays as far as it has come and can go on.
    pub async fn append<E>(
        &self,
        upload: &Upload,
        checksum: Option<Checksum>,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(i64, Option<Digest>), AppendError> {
        let (from_start, has_checksum) = (upload.received_bytes == 0, checksum.is_some());
        let mut piece = Piece {
            receiver: self,
            upload,
            at: upload.received_bytes,
            buffer: BytesMut::new(),
            held: Vec::new(),
            checksum: checksum.map(|checksum| (Summing::new(checksum.algorithm), checksum.sum)),
            whole: from_start.then(Sha256::new),
            // With a sum, only once that is known to be right: a piece that was changed on its way is to be sent again.
            sniffed: !from_start || has_checksum,
        };
        let came = piece.take(body).await;
        match came {
            Err(AppendError::Interrupted) if piece.checksum.is_none() => {
                piece.store().await?;
                Err(AppendError::Interrupted)
            }
            Err(error) => Err(error),
            Ok(()) => piece.end().await,
        }
    }
}

impl Piece<'_> {
    async fn take<E>(&mut self, body: impl Stream<Item = Result<Bytes, E>>) -> Result<(), AppendError> {
        futures::pin_mut!(body);
        loop {
            let next = tokio::time::timeout(SILENCE_MAX, body.next()).await;
            let mut chunk = match next {
                Ok(Some(Ok(chunk))) => chunk,
                Ok(None) => return Ok(()),
                Ok(Some(Err(_))) | Err(_) => return Err(AppendError::Interrupted),
            };
            if self.at + length(self.buffer.len()) + length(chunk.len()) > self.upload.size_bytes {
                return Err(AppendError::TooLong);
            }
            while !chunk.is_empty() {
                if self.buffer.is_empty() {
                    // All that it will hold, so that it never moves to a larger place.
                    let left = self.upload.size_bytes - self.at;
                    self.buffer.reserve(usize::try_from(left).unwrap_or(PART_BYTES).min(PART_BYTES));
                }
                let fits = chunk.len().min(PART_BYTES - self.buffer.len());
                self.buffer.extend_from_slice(&chunk.split_to(fits));
                self.look_at_head()?;
                if self.buffer.len() == PART_BYTES {
                    self.store().await?;
                }
            }
        }
    }

    /// Refuses what its first bytes tell to be no photo, before the rest has to travel.
    fn look_at_head(&mut self) -> Result<(), AppendError> {
        if !self.sniffed && self.buffer.len() >= SNIFF_BYTES {
            self.sniffed = true;
            recognizer::sniff(&self.buffer[..SNIFF_BYTES])?;
        }
        Ok(())
    }

    /// Stores what is in the buffer, and writes it down unless a sum is still to be checked.
    async fn store(&mut self) -> Result<(), AppendError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = self.buffer.split().freeze();
        if let Some((summing, _)) = &mut self.checksum {
            summing.update(&bytes);
        }
        if let Some(whole) = &mut self.whole {
            whole.update(&bytes);
        }
        let part_id = Uuid::from_bytes(self.receiver.entropy.bytes());
        let part = Part { start_byte: self.at, size_bytes: length(bytes.len()), part_id };
        let key = PartKey::new(self.upload.event_id, self.upload.upload_id.0, part_id);
        self.receiver.blobs.put_part(&key, bytes).await?;
        self.at += part.size_bytes;
        if self.checksum.is_some() {
            self.held.push(part);
            return Ok(());
        }
        self.write_down(&[part]).await
    }

    async fn write_down(&self, parts: &[Part]) -> Result<(), AppendError> {
        let (event_id, upload_id) = (self.upload.event_id, self.upload.upload_id);
        let expires_at = self.receiver.clock.now() + LASTS;
        let mut tx = self.receiver.store.begin().await?;
        let appended = store::upload::append(&mut tx, event_id, upload_id, parts, expires_at).await?;
        if !appended {
            // It ended or got on while these were on their way to the store: nothing leads to them any more but the
            // upload's row, if it ended, until they are deleted.
            let there = store::upload::by_id(&mut tx, event_id, upload_id).await?;
            store::upload::set_parts_gone(&mut tx, event_id, upload_id, false).await?;
            tx.commit().await.map_err(StoreError::from)?;
            for part in parts {
                let key = PartKey::new(event_id, upload_id.0, part.part_id);
                self.receiver.blobs.delete_part(&key).await?;
            }
            return Err(there.map_or(ReceiveError::UploadGone.into(), |_| AppendError::Elsewhere));
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    async fn end(mut self) -> Result<(i64, Option<Digest>), AppendError> {
        self.store().await?;
        if let Some((summing, sum)) = self.checksum.take() {
            if !summing.is(&sum) {
                return Err(AppendError::Checksum);
            }
            self.write_down(&self.held).await?;
        }
        let whole = self.whole.filter(|_| self.at == self.upload.size_bytes);
        Ok((self.at, whole.map(|whole| Digest(whole.finalize().into()))))
    }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).expect("what is in memory is shorter than 2^63")
}
