//! Taking a photo in: from bytes that have arrived whole to a stored blob, a row and a job.

use std::path::Path;
use std::sync::Arc;

use blobs::{BlobError, BlobKey, Blobs, PartKey};
use domain::{BatchId, Clock, Digest, Entropy, EventId, JobId, PhotoId, Rendition, UploadId, UserId};
use recognizer::PhotoError;
use store::photo::NewPhoto;
use store::rejection::Rejection;
use store::upload::Outcome;
use store::{Connection, Store, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::file_name_of;

/// Largest photo file, in bytes.
pub const SIZE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Files put into the photo store at once: each takes some parts of memory, and the store works on them in parallel.
const STORED_AT_ONCE: usize = 3;

/// A photo that has arrived.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// Its event.
    pub event_id: EventId,
    /// The batch that it belongs to.
    pub batch_id: Option<BatchId>,
    /// The upload that it came by, whose outcome is written down too.
    pub upload_id: Option<UploadId>,
    /// The name it was sent with.
    pub file_name: &'a str,
    /// Where its bytes are.
    pub bytes: Bytes<'a>,
    /// The SHA-256 of it.
    pub sha256: Digest,
    /// Its length.
    pub size_bytes: u64,
    /// Its first bytes, by which its format is known.
    pub head: &'a [u8],
    /// Who sent it.
    pub uploaded_by: Option<UserId>,
}

/// Where the bytes of a photo are that has arrived.
#[derive(Clone, Copy, Debug)]
pub enum Bytes<'a> {
    /// In a file on this machine's disk.
    File(&'a Path),
    /// In the parts of an upload.
    Parts(&'a [PartKey]),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is stored and will be read.
    Accepted(PhotoId),
    /// The event has the same bytes already.
    Duplicate(PhotoId),
    /// It cannot be a photo, for this reason (a stable code), and was not stored.
    Rejected(String),
}

/// Why a photo could not be taken in; it may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The photo store.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The event was deleted meanwhile.
    #[error("the event was deleted")]
    EventGone,
    /// Somebody changed the photo or its bytes at the same moment; sending it again is right.
    #[error("the photo changed at the same moment")]
    Changed,
    /// The upload was ended or has run out meanwhile.
    #[error("the upload was ended")]
    UploadGone,
}

/// Takes photos in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The database.
    pub store: Store,
    /// Photo bytes.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// Ids.
    pub entropy: Entropy,
    storing: Arc<Semaphore>,
}

/// What is known of a photo once its bytes are where they belong.
enum Arrived {
    NoPhoto(PhotoError),
    Known,
    Stored { media_type: &'static str },
}

impl Receiver {
    /// Takes photos into these stores.
    pub fn new(store: Store, blobs: Blobs, clock: Clock, entropy: Entropy) -> Self {
        Self { store, blobs, clock, entropy, storing: Arc::new(Semaphore::new(STORED_AT_ONCE)) }
    }

    /// Stores a photo and enqueues its reading. When this returns `Accepted`, both are durable.
    ///
    /// The blob is written first, under a key made of its own bytes: a crash in between leaves a blob that the next
    /// upload of the same photo overwrites with itself, never a row without bytes.
    ///
    /// # Errors
    /// When the database or the photo store fails; then nothing was taken in and the photo may be sent again.
    pub async fn receive(&self, incoming: &Incoming<'_>) -> Result<Receipt, ReceiveError> {
        let arrived = match recognizer::sniff(incoming.head) {
            Err(error) => Arrived::NoPhoto(error),
            Ok(_) if self.is_known(incoming).await? => Arrived::Known,
            Ok(format) => {
                self.put(incoming).await?;
                Arrived::Stored { media_type: format.media_type() }
            }
        };
        self.write_down(incoming, arrived).await
    }

    /// Whether the event has a photo with these bytes already.
    async fn is_known(&self, incoming: &Incoming<'_>) -> Result<bool, ReceiveError> {
        let mut tx = self.store.begin().await?;
        // Before anything is written for an event that was deleted since the upload began.
        let event = store::event::by_id(&mut tx, incoming.event_id).await?;
        event.ok_or(ReceiveError::EventGone)?;
        let is_known = !store::photo::known(&mut tx, incoming.event_id, &[incoming.sha256]).await?.is_empty();
        if !is_known {
            // The photo may have been deleted a moment ago: its bytes must not go while they are written again.
            store::photo_purge::put_off(&mut tx, incoming.event_id, incoming.sha256).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(is_known)
    }

    /// Waits until few enough others move whole files.
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        self.storing.acquire().await.expect("nobody closes it")
    }

    async fn put(&self, incoming: &Incoming<'_>) -> Result<(), BlobError> {
        let _turn = self.turn().await;
        let key = original(incoming);
        match incoming.bytes {
            Bytes::File(path) => self.blobs.put_file(&key, path).await,
            Bytes::Parts(parts) => self.blobs.assemble(parts, &key).await,
        }
    }

    async fn write_down(&self, incoming: &Incoming<'_>, arrived: Arrived) -> Result<Receipt, ReceiveError> {
        let mut tx = self.store.begin().await?;
        let Some(change) = store::event::next_change(&mut tx, incoming.event_id).await? else {
            tx.rollback().await.map_err(StoreError::from)?;
            self.blobs.delete(&original(incoming)).await?;
            return Err(ReceiveError::EventGone);
        };
        if let Some(upload_id) = incoming.upload_id {
            let upload = store::upload::lock(&mut tx, incoming.event_id, upload_id).await?;
            if let Some(outcome) = upload.ok_or(ReceiveError::UploadGone)?.outcome {
                // Somebody else has finished it.
                return Ok(outcome.into());
            }
        }
        self.check_bytes(&mut tx, incoming, &arrived).await?;
        let receipt = self.write_rows(&mut tx, incoming, arrived, change).await?;
        if let Some(upload_id) = incoming.upload_id {
            store::upload::finish(&mut tx, incoming.event_id, upload_id, &receipt.clone().into()).await?;
        }
        store::listen::tell(&mut tx, incoming.event_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(receipt)
    }

    /// Looks once more, while nobody else can write photos of the event, whether the bytes are where the row will say: a
    /// check of the installation may have found the photo lost, or its blob without a row, since. From here on nobody
    /// deletes the bytes because they were a deleted photo's.
    async fn check_bytes(
        &self,
        db: &mut Connection,
        incoming: &Incoming<'_>,
        arrived: &Arrived,
    ) -> Result<(), ReceiveError> {
        let are_there = match arrived {
            Arrived::NoPhoto(_) => true,
            Arrived::Known => {
                !store::photo::known(db, incoming.event_id, &[incoming.sha256]).await?.is_empty()
            }
            Arrived::Stored { .. } => {
                store::photo_purge::cancel(db, incoming.event_id, incoming.sha256).await?;
                self.blobs.info(&original(incoming)).await?.is_some()
            }
        };
        if are_there { Ok(()) } else { Err(ReceiveError::Changed) }
    }

    async fn write_rows(
        &self,
        db: &mut Connection,
        incoming: &Incoming<'_>,
        arrived: Arrived,
        change: i64,
    ) -> Result<Receipt, StoreError> {
        match arrived {
            Arrived::NoPhoto(error) => {
                if let Some(batch_id) = incoming.batch_id {
                    self.note_rejection(db, incoming.event_id, batch_id, incoming.file_name, error.code())
                        .await?;
                }
                Ok(Receipt::Rejected(error.code().to_owned()))
            }
            Arrived::Known => duplicate(db, incoming).await,
            Arrived::Stored { media_type } => match self.insert(db, incoming, media_type, change).await? {
                Some(photo_id) => Ok(Receipt::Accepted(photo_id)),
                // Somebody else sent the same photo at the same moment.
                None => duplicate(db, incoming).await,
            },
        }
    }

    pub(crate) async fn note_rejection(
        &self,
        db: &mut Connection,
        event_id: EventId,
        batch_id: BatchId,
        file_name: &str,
        code: &str,
    ) -> Result<(), StoreError> {
        let rejection = Rejection { file_name: file_name_of(file_name), code: code.to_owned() };
        let (id, now) = (Uuid::from_bytes(self.entropy.bytes()), self.clock.now());
        store::rejection::insert(db, event_id, batch_id, id, &rejection, now).await
    }

    /// A new row, or the one whose original was lost, and the job that reads it; `None` when the event has the photo.
    async fn insert(
        &self,
        db: &mut Connection,
        incoming: &Incoming<'_>,
        media_type: &str,
        change: i64,
    ) -> Result<Option<PhotoId>, StoreError> {
        let event_id = incoming.event_id;
        let photo_id = PhotoId::from_entropy(&self.entropy);
        let new = NewPhoto {
            event_id,
            batch_id: incoming.batch_id,
            change,
            photo_id,
            sha256: incoming.sha256,
            file_name: &file_name_of(incoming.file_name),
            media_type,
            size_bytes: i64::try_from(incoming.size_bytes).unwrap_or(i64::MAX),
            uploaded_by: incoming.uploaded_by,
            uploaded_at: self.clock.now(),
        };
        let photo_id = if store::photo::insert(db, &new).await? {
            Some(photo_id)
        } else {
            store::photo::restore_lost(db, event_id, incoming.sha256, change).await?
        };
        if let Some(photo_id) = photo_id {
            let job_id = JobId::from_entropy(&self.entropy);
            store::job::enqueue_ingest(db, event_id, job_id, photo_id).await?;
        }
        Ok(photo_id)
    }
}

fn original(incoming: &Incoming<'_>) -> BlobKey {
    BlobKey::new(incoming.event_id, incoming.sha256, Rendition::Original)
}

async fn duplicate(db: &mut Connection, incoming: &Incoming<'_>) -> Result<Receipt, StoreError> {
    let photo_id = store::photo::id_by_sha256(db, incoming.event_id, incoming.sha256).await?;
    let photo_id = photo_id.ok_or(StoreError::RowCount { statement: "duplicate", expected: 1, actual: 0 })?;
    if let Some(batch_id) = incoming.batch_id {
        store::batch::count_duplicate(db, incoming.event_id, batch_id).await?;
    }
    Ok(Receipt::Duplicate(photo_id))
}

impl From<Outcome> for Receipt {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted(photo_id) => Self::Accepted(photo_id),
            Outcome::Duplicate(photo_id) => Self::Duplicate(photo_id),
            Outcome::Rejected(code) => Self::Rejected(code),
        }
    }
}

impl From<Receipt> for Outcome {
    fn from(receipt: Receipt) -> Self {
        match receipt {
            Receipt::Accepted(photo_id) => Self::Accepted(photo_id),
            Receipt::Duplicate(photo_id) => Self::Duplicate(photo_id),
            Receipt::Rejected(code) => Self::Rejected(code),
        }
    }
}
