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

/// The name of an image of an event: `events/{event}/images/{sha256}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageKey(Path);

impl ImageKey {
    /// The key of the image whose bytes have the SHA-256 `sha256`.
    pub fn new(event_id: EventId, sha256: Digest) -> Self {
        Self(Path::from(format!("events/{event_id}/images/{sha256}")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for ImageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a blob is, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoredKey {
    /// A rendition of a photo.
    Photo {
        /// Its event.
        event_id: EventId,
        /// The SHA-256 of the photo's original.
        sha256: Digest,
        /// Which copy it is.
        rendition: Rendition,
    },
    /// A part of an unfinished upload.
    UploadPart {
        /// Its event.
        event_id: EventId,
        /// The upload.
        upload_id: Uuid,
        /// The part.
        part_id: Uuid,
    },
    /// An image of an event: its logo or its cover.
    Image {
        /// Its event.
        event_id: EventId,
        /// The SHA-256 of its bytes.
        sha256: Digest,
    },
    /// Something that FindMe never wrote, by its full name.
    Other(String),
}

impl StoredKey {
    /// What the blob of this name is.
    pub(crate) fn of(name: &str) -> Self {
        Self::parsed(name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    fn parsed(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.strip_prefix("events/")?.split('/').take(5).collect();
        let event_id = parts.first()?.parse().ok()?;
        let key = match parts[1..] {
            ["photos", whose, which] => {
                let rendition = which.parse().ok().filter(|which| Rendition::STORED.contains(which))?;
                Self::Photo { event_id, sha256: whose.parse().ok()?, rendition }
            }
            ["uploads", whose, which] => {
                Self::UploadPart { event_id, upload_id: whose.parse().ok()?, part_id: which.parse().ok()? }
            }
            ["images", which] => Self::Image { event_id, sha256: which.parse().ok()? },
            _ => return None,
        };
        // Other spellings of the same ids are names that FindMe never gives.
        (key.to_string() == name).then_some(key)
    }

    /// The event it belongs to.
    pub fn event_id(&self) -> Option<EventId> {
        match self {
            Self::Photo { event_id, .. }
            | Self::UploadPart { event_id, .. }
            | Self::Image { event_id, .. } => Some(*event_id),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Photo { event_id, sha256, rendition } => {
                BlobKey::new(*event_id, *sha256, *rendition).fmt(f)
            }
            Self::UploadPart { event_id, upload_id, part_id } => {
                PartKey::new(*event_id, *upload_id, *part_id).fmt(f)
            }
            Self::Image { event_id, sha256 } => ImageKey::new(*event_id, *sha256).fmt(f),
            Self::Other(name) => f.write_str(name),
        }
    }
}

pub(crate) fn upload_prefix(event_id: EventId, upload_id: Uuid) -> Path {
    Path::from(format!("events/{event_id}/uploads/{upload_id}"))
}

pub(crate) fn event_prefix(event_id: EventId) -> Path {
    Path::from(format!("events/{event_id}"))
}

/// What FindMe writes for itself, beside the blobs of events.
pub(crate) fn is_own(name: &str) -> bool {
    [probe_path(), mark_path()].iter().any(|own| own.as_ref() == name)
}

pub(crate) fn mark_path() -> Path {
    Path::from("store-id")
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

    #[test]
    fn a_name_is_read_as_what_it_was_made_from() {
        let event_id = EventId::from_entropy(&domain::Entropy::fixed(1));
        let sha256 = Digest([0xAB; 32]);
        let photo = BlobKey::new(event_id, sha256, Rendition::Original).to_string();
        assert_eq!(
            StoredKey::of(&photo),
            StoredKey::Photo { event_id, sha256, rendition: Rendition::Original }
        );
        let (upload_id, part_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let part = PartKey::new(event_id, upload_id, part_id).to_string();
        assert_eq!(StoredKey::of(&part), StoredKey::UploadPart { event_id, upload_id, part_id });
        let image = ImageKey::new(event_id, sha256).to_string();
        assert_eq!(StoredKey::of(&image), StoredKey::Image { event_id, sha256 });
        for other in [
            format!("{photo}/x"),
            format!("{image}/x"),
            photo.replace("original", "marked"),
            photo.to_uppercase(),
            photo.replace("original", "huge"),
            part.replace('-', ""),
        ] {
            assert_eq!(StoredKey::of(&other), StoredKey::Other(other.clone()));
        }
    }
}
