//! "Index these photos", "whose photos are these", "forget this event": the door to the compute core, asynchronous
//! and bounded.
//!
//! ## Why
//! - An enum of engines, not a trait: there are a few, all known here.
//! - Three lanes. Photos of a bulk upload, selfies of waiting people, and searches that pages ask again as photos come
//!   never stand in one queue; the selfie lane has its own sessions and, on Linux, its threads go first.
//! - Each lane has a place for a bounded number; who comes later is told at once to come back ([`Busy`]).
//! - Galleries live in memory and are brought up to date by version before each search, so a search never misses a
//!   photo that was ready when it began, in whichever process that photo was read.
//! - An event names the model pack of its gallery. Packs are opened on first use and few stay open, so that an event can
//!   be indexed with another pack while the old index answers.

mod fake;
mod galleries;
mod known;
mod lane;
mod local;
mod painter;
mod read;
mod refused;
mod rekognition;
mod shelf;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Band, Embedding, EventId, PhotoId, Score, SourceError, Thresholds};
use engine::PersonHit;

pub use engine::graphics::Graphic;
pub use engine::privacy::{Patches, PatchesError, private_parts};
pub use engine::{
    Format, IndexedFace, IndexedPhoto, PhotoError, SNIFF_BYTES, SelfieError, Stages, codec, sniff,
};
pub use fake::Fake;
pub use known::Known;
pub use lane::Busy;
pub use local::{Local, LocalError, LocalOptions};
pub use painter::{Drawing, PaintError, Painter, Place};
pub use read::{IndexError, Indexed, NotRead, Read, ReadFace, ToRead};
pub use refused::PackRefused;
pub use rekognition::{Called, Operation, Rekognition, RekognitionSettings, Unavailable};

/// What reads photos and finds people. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Recognizer {
    /// The models on this machine.
    Local(Arc<Local>),
    /// Amazon Rekognition, beside the models on this machine where it has them.
    Rekognition(Arc<Rekognition>),
    /// Faces written into the file as text, for tests of what stands above.
    Fake(Arc<Fake>),
}

/// The state of an event's gallery in the database, as a search must see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryVersion {
    /// The event.
    pub event_id: EventId,
    /// The model pack of its embeddings.
    pub pack: String,
    /// Grows with each addition.
    pub version: i64,
    /// Grows with each removal.
    pub epoch: i64,
}

/// A photo that a person is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The photo.
    pub photo_id: PhotoId,
    /// How alike its face is to all that is known of the person.
    pub score: Score,
    /// What that means.
    pub band: Band,
}

/// The answer to a selfie.
#[derive(Debug)]
pub struct Found {
    /// What was searched for, made by the gallery's pack: with an earlier search's face known, the mean of both. None
    /// when the faces are kept elsewhere.
    pub embedding: Option<Embedding>,
    /// The photos, best first.
    pub matches: Vec<Match>,
    /// How many faces were compared.
    pub faces_searched: usize,
    /// Where the time went.
    pub timing: Timing,
}

/// Where the time of a search went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Waiting for others.
    pub queue: Duration,
    /// From the selfie's bytes to its embedding.
    pub embed: Duration,
    /// Bringing the gallery up to date and comparing.
    pub search: Duration,
}

/// Why a selfie has no answer.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Too many people are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The selfie cannot be used; the person can take another.
    #[error(transparent)]
    Selfie(#[from] SelfieError),
    /// Amazon Rekognition, which keeps the event's faces, cannot be used now.
    #[error(transparent)]
    Elsewhere(#[from] Unavailable),
    /// The event's faces are kept elsewhere, where no embedding can be searched for.
    #[error("the event's faces are kept elsewhere: only a selfie can be searched for")]
    KeptElsewhere,
    /// The selfie shows somebody else than the one before, to which it was to be added.
    #[error("the selfie shows another person than the earlier one")]
    OtherPerson,
    /// The gallery could not be loaded.
    #[error("the event's gallery could not be loaded: {0}")]
    Gallery(#[from] SourceError),
    /// The event is indexed with a pack that cannot be used here.
    #[error(transparent)]
    Pack(#[from] PackRefused),
    /// The event was indexed with another pack meanwhile. Reading its state and asking again helps.
    #[error("the event was indexed with another model pack meanwhile")]
    Outdated,
}

impl Recognizer {
    /// Reads photos of the event with the models of `pack`: their faces and renditions, one result per photo, in the same
    /// order. Waits for its turn.
    ///
    /// # Errors
    /// When the pack cannot be used here, or whoever keeps the faces could be used for none of the photos.
    pub async fn index(
        &self,
        event_id: EventId,
        pack: &str,
        photos: Vec<ToRead>,
    ) -> Result<Vec<Indexed>, IndexError> {
        let bytes = |photos: Vec<ToRead>| photos.into_iter().map(|photo| photo.bytes).collect::<Vec<_>>();
        match self {
            Self::Local(local) => Ok(read_here(local.index(pack, bytes(photos)).await?)),
            Self::Rekognition(there) => there.index(event_id, pack, photos).await,
            Self::Fake(_) => Ok(read_here(fake::index(pack, &bytes(photos))?)),
        }
    }

    /// What of an original is private, as [`Patches`] that are stored; for photos that cannot be read otherwise. `None`
    /// when not even that can be told.
    pub async fn private_parts(&self, photo: Bytes) -> Option<Vec<u8>> {
        match self {
            Self::Local(local) => local.private_parts(photo).await,
            Self::Rekognition(there) => there.private_parts(photo).await,
            Self::Fake(_) => Some(fake::private_parts(&photo)),
        }
    }

    /// Whether the pack can be used here, by all that can be told without loading it.
    ///
    /// # Errors
    /// When it cannot; the message says the mend.
    pub fn check_pack(&self, pack: &str) -> Result<(), PackRefused> {
        match self {
            Self::Local(local) => local.check_pack(pack),
            Self::Rekognition(there) => there.check_pack(pack),
            Self::Fake(_) => fake::check_pack(pack),
        }
    }

    /// What the scores of the pack mean.
    ///
    /// # Errors
    /// When the pack cannot be used here.
    pub fn thresholds(&self, pack: &str) -> Result<Thresholds, PackRefused> {
        match self {
            Self::Local(local) => local.thresholds(pack),
            Self::Rekognition(there) => there.thresholds(pack),
            Self::Fake(_) => fake::thresholds(pack),
        }
    }

    /// Finds the photos of the event that the person on the selfie is in, of whom more may be `known`. The selfie is dropped
    /// with this call.
    ///
    /// # Errors
    /// When too many people wait, the selfie shows no usable face or another person than the one known, the gallery or its
    /// pack cannot be loaded, or the event was given another gallery meanwhile.
    pub async fn find(
        &self,
        gallery: &GalleryVersion,
        selfie: Bytes,
        known: &Known,
    ) -> Result<Found, FindError> {
        match self {
            Self::Local(local) => local.find(gallery, selfie, known).await,
            Self::Rekognition(there) => there.find(gallery, selfie, known).await,
            Self::Fake(fake) => fake.find(gallery, &selfie, known).await,
        }
    }

    /// Finds the photos of the event with the person whose face gave this embedding, made by the gallery's pack.
    ///
    /// # Errors
    /// When too many ask again, the gallery or its pack cannot be loaded, the event was given another gallery meanwhile,
    /// or the embedding is not one of the pack.
    pub async fn find_again(
        &self,
        gallery: &GalleryVersion,
        embedding: &Embedding,
        known: &Known,
    ) -> Result<Found, FindError> {
        match self {
            Self::Local(local) => local.find_again(gallery, embedding, known).await,
            Self::Rekognition(there) => there.find_again(gallery, embedding, known).await,
            Self::Fake(fake) => fake.find_again(gallery, embedding, known).await,
        }
    }

    /// The events of which something is kept in memory.
    pub fn events_in_memory(&self) -> Vec<EventId> {
        match self {
            Self::Local(local) => local.galleries().events(),
            Self::Rekognition(there) => there.here().map_or_else(Vec::new, |here| here.galleries().events()),
            Self::Fake(fake) => fake.galleries().events(),
        }
    }

    /// Drops what is kept in memory of an event. What Amazon Rekognition keeps is deleted by
    /// [`Rekognition::delete_collection`].
    pub fn forget_event(&self, event_id: EventId) {
        match self {
            Self::Local(local) => local.galleries().forget(event_id),
            Self::Rekognition(there) => {
                there.here().inspect(|here| here.galleries().forget(event_id));
            }
            Self::Fake(fake) => fake.galleries().forget(event_id),
        }
    }

    /// The name of the model pack for new events.
    pub fn pack_name(&self) -> &str {
        match self {
            Self::Local(local) => local.pack_name(),
            Self::Rekognition(there) => there.pack_name(),
            Self::Fake(_) => Fake::PACK_NAME,
        }
    }

    /// Amazon Rekognition, when it is set up.
    pub fn rekognition(&self) -> Option<&Rekognition> {
        match self {
            Self::Rekognition(there) => Some(there),
            Self::Local(_) | Self::Fake(_) => None,
        }
    }
}

/// What the engine has read, whose embeddings are kept here.
fn read_here(indexed: Vec<Result<IndexedPhoto, PhotoError>>) -> Vec<Indexed> {
    indexed.into_iter().map(|photo| photo.map(Read::from).map_err(NotRead::Photo)).collect()
}

/// What was found, as photos. Each is there once already, best first.
fn photos_of(hits: &[PersonHit]) -> Vec<Match> {
    let photo = |hit: &PersonHit| Match { photo_id: hit.photo_id, score: hit.score, band: hit.band };
    hits.iter().map(photo).collect()
}
