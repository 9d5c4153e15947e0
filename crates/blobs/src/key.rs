//! The names of blobs.

use std::fmt;

use domain::{Digest, EventId, Rendition};
use object_store::path::Path;
use uuid::Uuid;

/// The name of one rendition of one photo of one event: `events/{event}/photos/{sha256}/{rendition}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobKey(Path);

impl BlobKey {
    /// The key of `rendition` of the photo whose original has the SHA-256 `sha256`.
    pub fn new(event_id: EventId, sha256: Digest, rendition: Rendition) -> Self {
        Self(Path::from(format!("events/{event_id}/photos/{sha256}/{rendition}")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of one part of an unfinished upload: `events/{event}/uploads/{upload}/{part}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartKey(Path);

impl PartKey {
    /// The key of the part `part_id` of the upload `upload_id`.
    pub fn new(event_id: EventId, upload_id: Uuid, part_id: Uuid) -> Self {
        Self(Path::from(format!("events/{event_id}/uploads/{upload_id}/{part_id}")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(crate) fn upload_prefix(event_id: EventId, upload_id: Uuid) -> Path {
    Path::from(format!("events/{event_id}/uploads/{upload_id}"))
}

pub(crate) fn event_prefix(event_id: EventId) -> Path {
    Path::from(format!("events/{event_id}"))
}

pub(crate) fn probe_path() -> Path {
    Path::from("probe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_begins_with_its_event() {
        let event_id = EventId::from_entropy(&domain::Entropy::fixed(1));
        let key = BlobKey::new(event_id, Digest([0xAB; 32]), Rendition::Thumb);
        let expected = format!("events/{event_id}/photos/{}/thumb", "ab".repeat(32));
        assert_eq!(key.to_string(), expected);
    }
}
