//! Taking a photo in: from a file on this machine's disk to a stored blob, a row and a job.

use std::path::{Path, PathBuf};

use blobs::{BlobError, BlobKey, Blobs};
use domain::{Clock, Digest, Entropy, EventId, JobId, PhotoId, Rendition, UserId};
use recognizer::PhotoError;
use store::photo::NewPhoto;
use store::{Store, StoreError};

/// Largest photo file, in bytes.
pub const SIZE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Longest file name kept, in characters.
const FILE_NAME_CHARS_MAX: usize = 200;

/// A photo that has arrived on this machine's disk.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// Its event.
    pub event_id: EventId,
    /// The name it was sent with.
    pub file_name: &'a str,
    /// Where it lies.
    pub path: &'a Path,
    /// The SHA-256 of it.
    pub sha256: Digest,
    /// Its length.
    pub size_bytes: u64,
    /// Its first bytes, by which its format is known.
    pub head: &'a [u8],
    /// Who sent it.
    pub uploaded_by: Option<UserId>,
}

/// What became of it.
#[derive(Debug)]
pub enum Receipt {
    /// It is stored and will be read.
    Accepted(PhotoId),
    /// The event has the same bytes already.
    Duplicate(PhotoId),
    /// It cannot be a photo, and was not stored.
    Rejected(PhotoError),
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
    /// Where files lie until they are stored.
    pub spool: PathBuf,
}

impl Receiver {
    /// Stores a photo and enqueues its reading. When this returns `Accepted`, both are durable.
    ///
    /// The blob is written first, under a key made of its own bytes: a crash in between leaves a blob that the next
    /// upload of the same photo overwrites with itself, never a row without bytes.
    ///
    /// # Errors
    /// When the database or the photo store fails; then nothing was taken in and the photo may be sent again.
    pub async fn receive(&self, incoming: &Incoming<'_>) -> Result<Receipt, ReceiveError> {
        let format = match recognizer::sniff(incoming.head) {
            Ok(format) => format,
            Err(error) => return Ok(Receipt::Rejected(error)),
        };
        if let Some(photo_id) = self.known(incoming).await? {
            return Ok(Receipt::Duplicate(photo_id));
        }
        let key = BlobKey::new(incoming.event_id, incoming.sha256, Rendition::Original);
        self.blobs.put_file(&key, incoming.path).await?;
        let photo_id = PhotoId::from_entropy(&self.entropy);
        let file_name = file_name_of(incoming.file_name);
        let new = NewPhoto {
            event_id: incoming.event_id,
            photo_id,
            sha256: incoming.sha256,
            file_name: &file_name,
            media_type: format.media_type(),
            size_bytes: i64::try_from(incoming.size_bytes).unwrap_or(i64::MAX),
            uploaded_by: incoming.uploaded_by,
            uploaded_at: self.clock.now(),
        };
        let mut tx = self.store.begin().await?;
        let inserted = match store::photo::insert(&mut tx, &new).await {
            Err(error) if error.violates_reference() => {
                self.blobs.delete(&key).await?;
                return Err(ReceiveError::EventGone);
            }
            inserted => inserted?,
        };
        if !inserted {
            // Somebody else sent the same photo at the same moment.
            let known = store::photo::id_by_sha256(&mut tx, incoming.event_id, incoming.sha256).await?;
            return Ok(Receipt::Duplicate(known.unwrap_or(photo_id)));
        }
        let job_id = JobId::from_entropy(&self.entropy);
        store::job::enqueue_ingest(&mut tx, incoming.event_id, job_id, photo_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Receipt::Accepted(photo_id))
    }

    /// The photo of the event with these bytes, if it has it already.
    async fn known(&self, incoming: &Incoming<'_>) -> Result<Option<PhotoId>, ReceiveError> {
        let mut tx = self.store.begin().await?;
        // Before anything is written for an event that was deleted since the upload began.
        let event = store::event::by_id(&mut tx, incoming.event_id).await?;
        event.ok_or(ReceiveError::EventGone)?;
        Ok(store::photo::id_by_sha256(&mut tx, incoming.event_id, incoming.sha256).await?)
    }
}

/// `name` without folders, without characters that a person cannot see or that turn text around, at most 200
/// characters, its ending kept; "photo" when nothing is left.
pub fn file_name_of(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns_text =
        |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let visible: Vec<char> = base.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect();
    if visible.iter().all(|c| c.is_whitespace() || *c == '.') {
        return "photo".to_owned();
    }
    let surplus = visible.len().saturating_sub(FILE_NAME_CHARS_MAX);
    let ending = visible.len().min(8);
    let (stem, ending) = visible.split_at(visible.len() - ending);
    stem[..stem.len().saturating_sub(surplus)].iter().chain(ending).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_harmless_and_keep_their_ending() {
        let check = |name: &str, expected: &str| assert_eq!(file_name_of(name), expected);
        check("DSC_0001.JPG", "DSC_0001.JPG");
        check("../../etc/passwd.jpg", "passwd.jpg");
        check("C:\\photos\\a.jpg", "a.jpg");
        check("a'b\"c;d&e.jpg", "a'b\"c;d&e.jpg");
        check("é\u{202E}gpj.exe\n", "égpj.exe");
        check("..", "photo");
        check("", "photo");
        let long = file_name_of(&format!("{}.jpeg", "é".repeat(250)));
        assert!(long.chars().count() == 200 && long.ends_with("é.jpeg"), "{long}");
    }
}
