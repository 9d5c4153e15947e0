//! Faces kept by Amazon Rekognition: a collection per event, in which a photo's faces carry the photo's id.
//!
//! ## Why
//! - Photos are decoded, and their copies made, here; what is sent are our own JPEG files without metadata. Originals
//!   never leave.
//! - Selfies are compared there and not kept there: neither `DetectFaces` nor `SearchFacesByImage` stores a picture.
//! - A photo that is sent a second time loses first what the first time left, so that it counts once.
//! - Events that are indexed with a model pack go on beside it, where this machine has the models.

mod calls;
mod client;
mod collection;
mod delete;
mod find;
mod index;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;
use domain::{EventId, REKOGNITION_PACK, Score, Thresholds};
use engine::Preparer;

use crate::lane::Lane;
use crate::{FindError, Found, GalleryVersion, IndexError, Indexed, Known, Local, PackRefused, ToRead};
use calls::Calls;
pub use calls::{Called, Operation};
use trouble::Trouble;
pub use trouble::Unavailable;

/// Pictures that may be sent: at most 5 MiB (Rekognition's limit for bytes in a request).
const SENT_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Shortest side of a picture that Rekognition looks at, in pixels.
const SENT_SIDE_PX_LEAST: u32 = 80;
/// Selfies decoded at once.
const SELFIES_AT_ONCE: usize = 2;
/// Photos decoded at once.
const PHOTOS_AT_ONCE: usize = 2;

/// How Rekognition is reached and what its similarities mean.
#[derive(Clone)]
pub struct RekognitionSettings {
    /// The region, such as `eu-west-1`: the faces are kept there.
    pub region: String,
    /// The address of a compatible service; without one, Amazon's in the region.
    pub endpoint: Option<String>,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key.
    pub secret_access_key: String,
    /// The token of temporary keys.
    pub session_token: Option<String>,
    /// What the names of collections begin with; the event's id follows.
    pub collection_prefix: String,
    /// What similarities mean, as shares of 1 (Rekognition says percent).
    pub bands: Thresholds,
    /// The first pause before a call is tried again; the longest of each further one is twice as long.
    pub first_pause: Duration,
    /// How long one try of a call may take.
    pub try_lasts: Duration,
    /// Selfies that may wait; further ones are told to come back.
    pub selfies_waiting_max: usize,
}

impl RekognitionSettings {
    /// Similarities below are not reported: Rekognition's own default for `FaceMatchThreshold`, 80 %.
    pub const MAYBE: f32 = 0.80;
    /// Similarities from here on are sure: the 99 % that Amazon recommends where a wrong match does harm.
    pub const SURE: f32 = 0.99;

    /// The settings with everything by default but what has no default.
    pub fn new(region: String, access_key_id: String, secret_access_key: String) -> Self {
        Self {
            region,
            endpoint: None,
            access_key_id,
            secret_access_key,
            session_token: None,
            collection_prefix: "findme-".to_owned(),
            bands: Thresholds { sure: Self::SURE, maybe: Self::MAYBE },
            first_pause: Duration::from_millis(500),
            try_lasts: Duration::from_secs(15),
            selfies_waiting_max: 64,
        }
    }
}

impl std::fmt::Debug for RekognitionSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { region, endpoint, collection_prefix, .. } = self;
        f.debug_struct("RekognitionSettings")
            .field("region", region)
            .field("endpoint", endpoint)
            .field("collection_prefix", collection_prefix)
            .finish_non_exhaustive()
    }
}

/// Amazon Rekognition, and the models of this machine for events that are indexed with them.
#[derive(Debug)]
pub struct Rekognition {
    /// The pack for new events.
    pack: String,
    here: Option<Arc<Local>>,
    settings: RekognitionSettings,
    /// For photos: patient.
    bulk: Client,
    /// For selfies, whose owners wait.
    quick: Client,
    preparer: Arc<Preparer>,
    ingest_lane: Lane,
    selfie_lane: Lane,
    calls: Calls,
}

impl Rekognition {
    /// Nothing is sent yet. `pack` is the one for new events: [`REKOGNITION_PACK`], or one of `here`, the models of this
    /// machine where it has them.
    pub fn new(settings: RekognitionSettings, pack: &str, here: Option<Arc<Local>>) -> Self {
        let http = client::http();
        Self {
            pack: pack.to_owned(),
            here,
            bulk: client::bulk(&settings, http.clone()),
            quick: client::quick(&settings, http),
            preparer: Arc::default(),
            ingest_lane: Lane::new(PHOTOS_AT_ONCE, 0),
            selfie_lane: Lane::new(SELFIES_AT_ONCE, settings.selfies_waiting_max),
            calls: Calls::default(),
            settings,
        }
    }

    pub(crate) fn pack_name(&self) -> &str {
        &self.pack
    }

    pub(crate) fn here(&self) -> Option<&Local> {
        self.here.as_deref()
    }

    /// The models of this machine, which `pack` is asked of.
    fn local(&self, pack: &str) -> Result<&Local, PackRefused> {
        self.here().ok_or_else(|| PackRefused::Missing {
            pack: pack.to_owned(),
            reason: "this process keeps faces at Amazon Rekognition and has opened no models".to_owned(),
        })
    }

    pub(crate) async fn index(
        &self,
        event_id: EventId,
        pack: &str,
        photos: Vec<ToRead>,
    ) -> Result<Vec<Indexed>, IndexError> {
        if pack == REKOGNITION_PACK {
            // The SDK's futures are large.
            return Ok(Box::pin(self.index_there(event_id, photos)).await?);
        }
        let photos = photos.into_iter().map(|photo| photo.bytes).collect();
        Ok(crate::read_here(self.local(pack)?.index(pack, photos).await?))
    }

    pub(crate) async fn private_parts(&self, photo: Bytes) -> Option<Vec<u8>> {
        let ticket = self.ingest_lane.wait_for_place().await;
        let work = move || engine::privacy::private_parts(&photo).ok().map(|patches| patches.to_bytes());
        ticket.run(work).await.value
    }

    pub(crate) fn check_pack(&self, pack: &str) -> Result<(), PackRefused> {
        if pack == REKOGNITION_PACK { Ok(()) } else { self.local(pack)?.check_pack(pack) }
    }

    pub(crate) fn thresholds(&self, pack: &str) -> Result<Thresholds, PackRefused> {
        if pack == REKOGNITION_PACK { Ok(self.settings.bands) } else { self.local(pack)?.thresholds(pack) }
    }

    pub(crate) async fn find(
        &self,
        wanted: &GalleryVersion,
        selfie: Bytes,
        known: &Known,
    ) -> Result<Found, FindError> {
        if wanted.pack == REKOGNITION_PACK {
            return Box::pin(self.find_there(wanted.event_id, selfie)).await;
        }
        self.local(&wanted.pack)?.find(wanted, selfie, known).await
    }

    pub(crate) async fn find_again(
        &self,
        wanted: &GalleryVersion,
        embedding: &domain::Embedding,
        known: &Known,
    ) -> Result<Found, FindError> {
        if wanted.pack == REKOGNITION_PACK {
            return Err(FindError::KeptElsewhere);
        }
        self.local(&wanted.pack)?.find_again(wanted, embedding, known).await
    }

    /// The region in which faces are kept.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// What the names of collections begin with; the event's id follows.
    pub fn collection_prefix(&self) -> &str {
        &self.settings.collection_prefix
    }

    /// The name of the event's collection.
    fn collection(&self, event_id: EventId) -> String {
        format!("{}{event_id}", self.settings.collection_prefix)
    }

    /// Waits for a call's end, and counts it when it was answered.
    async fn call<T, E, R>(
        &self,
        operation: Operation,
        sent: impl Future<Output = Result<T, SdkError<E, R>>>,
    ) -> Result<T, Trouble>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let answer = sent.await.map_err(|error| Trouble::of(&error))?;
        self.calls.count(operation);
        Ok(answer)
    }

    /// The calls that were answered since this was asked last, for whoever writes them down.
    pub fn take_calls(&self) -> Called {
        self.calls.take()
    }
}

/// A share of 1, as Rekognition's percent.
fn percent(score: Score) -> f32 {
    score.0 * 100.0
}
