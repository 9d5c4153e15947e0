//! Three recognizers before which the same people stand: as names, as coloured tiles, and as they look.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::{Entropy, EventId, FaceId, GalleryFace, GallerySource, HandedOut, PhotoId, REKOGNITION_PACK};
use engine::Packs;
use recognizer::{
    Fake, FindError, Found, GalleryVersion, Indexed, Known, Local, LocalOptions, Recognizer, Rekognition,
    RekognitionSettings, ToRead,
};

use crate::fake_server::{self, FakeServer};

/// Somebody, and how they are called among the real photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    Ann,
    Bea,
}

impl Person {
    fn name(self) -> &'static str {
        match self {
            Self::Ann => "mindy_kaling",
            Self::Bea => "Jennifer_Lawrence",
        }
    }
}

/// A recognizer, the faces that are in its database, and pictures that it understands.
pub(crate) struct World {
    pub(crate) recognizer: Recognizer,
    pub(crate) server: Option<FakeServer>,
    pack: &'static str,
    faces: Arc<Faces>,
    pictures: Pictures,
    entropy: Entropy,
}

enum Pictures {
    Names,
    Tiles,
    Photographs,
}

/// The database's faces, with the version at which each came.
#[derive(Debug, Default)]
struct Faces(Mutex<(i64, i64, Vec<Came>)>);

/// A face of an event, and the version at which it came.
type Came = (EventId, i64, GalleryFace);

impl GallerySource for Faces {
    fn faces<'a>(
        &'a self,
        event_id: EventId,
        _pack: &'a str,
        after_version: i64,
        up_to_version: i64,
        each: &'a mut (dyn FnMut(GalleryFace) + Send),
    ) -> HandedOut<'a> {
        let state = self.0.lock().unwrap();
        let wanted = |(event, version, _): &&Came| {
            *event == event_id && (after_version + 1..=up_to_version).contains(version)
        };
        let faces: Vec<GalleryFace> =
            state.2.iter().filter(wanted).map(|(_, _, face)| face.clone()).collect();
        Box::pin(async move {
            faces.into_iter().for_each(each);
            Ok(())
        })
    }
}

pub(crate) fn entropy() -> Entropy {
    let counter = std::sync::atomic::AtomicU64::new(1);
    Entropy::new(move |buffer| {
        let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_le_bytes();
        for (byte, n) in buffer.iter_mut().zip(n.iter().cycle()) {
            *byte = *n;
        }
    })
}

/// Settings for a fake server, with short pauses.
pub(crate) fn settings(server: &FakeServer) -> RekognitionSettings {
    let key = fake_server::ACCESS_KEY_ID.to_owned();
    let mut settings = RekognitionSettings::new("eu-west-1".to_owned(), key, "secret".to_owned());
    settings.endpoint = Some(server.endpoint.clone());
    settings.first_pause = Duration::from_millis(5);
    settings.try_lasts = Duration::from_secs(2);
    settings
}

impl World {
    pub(crate) fn of_names() -> Self {
        let faces = Arc::<Faces>::default();
        let recognizer = Recognizer::Fake(Arc::new(Fake::new(Arc::clone(&faces) as _)));
        Self::new(recognizer, None, Fake::PACK_NAME, faces, Pictures::Names)
    }

    pub(crate) async fn of_tiles() -> Self {
        let server = FakeServer::start().await;
        let there = Rekognition::new(settings(&server), REKOGNITION_PACK, None);
        let recognizer = Recognizer::Rekognition(Arc::new(there));
        Self::new(recognizer, Some(server), REKOGNITION_PACK, Arc::default(), Pictures::Tiles)
    }

    pub(crate) fn of_photographs() -> Self {
        let faces = Arc::<Faces>::default();
        let packs = Packs::parse(include_str!("../../../../models/models.toml")).unwrap();
        let options = LocalOptions {
            onnx_runtime: path("ORT_DYLIB_PATH", "../../.cache/onnxruntime/1.31.1/libonnxruntime.so"),
            models_folder: shared().join("models"),
            ingest_threads: 1,
            selfie_threads: 1,
            selfies_waiting_max: 8,
            allow_research_models: false,
        };
        let local = Local::open(packs, "open", options, Arc::clone(&faces) as _).unwrap();
        Self::new(Recognizer::Local(Arc::new(local)), None, "open", faces, Pictures::Photographs)
    }

    fn new(
        recognizer: Recognizer,
        server: Option<FakeServer>,
        pack: &'static str,
        faces: Arc<Faces>,
        pictures: Pictures,
    ) -> Self {
        Self { recognizer, server, pack, faces, pictures, entropy: entropy() }
    }

    pub(crate) fn event(&self) -> EventId {
        EventId::from_entropy(&self.entropy)
    }

    /// A photo of somebody; each number is another one.
    pub(crate) fn photo_of(&self, person: Person, number: usize) -> Bytes {
        match self.pictures {
            Pictures::Names => Fake::photo_of(&[person.name()]),
            Pictures::Tiles => fake_server::photo_of(&[person as usize]),
            Pictures::Photographs => photograph_of(person, number),
        }
    }

    pub(crate) fn selfie_of(&self, person: Person) -> Bytes {
        match self.pictures {
            Pictures::Names => Fake::photo_of(&[person.name()]),
            Pictures::Tiles => fake_server::photo_of(&[person as usize]),
            Pictures::Photographs => selfie_of(person),
        }
    }

    pub(crate) fn without_anybody(&self) -> Bytes {
        match self.pictures {
            Pictures::Names => Fake::photo_of(&[]),
            Pictures::Tiles | Pictures::Photographs => fake_server::photo_of(&[]),
        }
    }

    /// Two faces of one size.
    pub(crate) fn two_people(&self) -> Bytes {
        match self.pictures {
            Pictures::Names => Fake::photo_of(&["ann", "bea"]),
            Pictures::Tiles => fake_server::photo_of(&[0, 1]),
            Pictures::Photographs => twice(&selfie_of(Person::Ann)),
        }
    }

    /// The beginning of a photo.
    pub(crate) fn cut_off(&self) -> Bytes {
        match self.pictures {
            Pictures::Names => Fake::photo_of(&["damaged"]),
            Pictures::Tiles | Pictures::Photographs => {
                let whole = fake_server::photo_of(&[0]);
                whole.slice(..whole.len() / 2)
            }
        }
    }

    pub(crate) async fn index(&self, event_id: EventId, photo_id: PhotoId, bytes: Bytes) -> Indexed {
        self.index_again(event_id, photo_id, bytes, false).await
    }

    pub(crate) async fn index_again(
        &self,
        event_id: EventId,
        photo_id: PhotoId,
        bytes: Bytes,
        sent_before: bool,
    ) -> Indexed {
        let photo = ToRead { photo_id, bytes, sent_before };
        self.recognizer.index(event_id, self.pack, vec![photo]).await.unwrap().remove(0)
    }

    pub(crate) fn photo_id(&self) -> PhotoId {
        PhotoId::from_entropy(&self.entropy)
    }

    /// Indexes a photo and writes its faces down, as a worker does.
    pub(crate) async fn add(&self, event_id: EventId, bytes: Bytes) -> PhotoId {
        let photo_id = self.photo_id();
        let read = self.index(event_id, photo_id, bytes).await.unwrap();
        let mut state = self.faces.0.lock().unwrap();
        state.0 += 1;
        let version = state.0;
        for face in read.faces {
            assert_eq!(face.embedding.is_none(), self.server.is_some(), "an embedding, or an id elsewhere");
            assert_eq!(face.face_id.is_some(), self.server.is_some());
            let Some(embedding) = face.embedding else { continue };
            let face_id = FaceId::from_entropy(&self.entropy);
            state.2.push((event_id, version, GalleryFace { face_id, photo_id, embedding }));
        }
        photo_id
    }

    /// Deletes a photo, as a worker does.
    pub(crate) async fn delete(&self, event_id: EventId, photo_id: PhotoId) {
        {
            let mut state = self.faces.0.lock().unwrap();
            state.0 += 1;
            state.1 += 1;
            state.2.retain(|(_, _, face)| face.photo_id != photo_id);
        }
        if let Some(there) = self.recognizer.rekognition() {
            there.delete_photos(event_id, &[photo_id]).await.unwrap();
        }
    }

    /// Deletes an event, as a worker does.
    pub(crate) async fn forget(&self, event_id: EventId) {
        self.faces.0.lock().unwrap().2.retain(|(event, _, _)| *event != event_id);
        self.recognizer.forget_event(event_id);
        if let Some(there) = self.recognizer.rekognition() {
            there.delete_collection(event_id).await.unwrap();
        }
    }

    pub(crate) async fn find(&self, event_id: EventId, selfie: Bytes) -> Result<Found, FindError> {
        let (version, epoch) = {
            let state = self.faces.0.lock().unwrap();
            (state.0, state.1)
        };
        let gallery = GalleryVersion { event_id, pack: self.pack.to_owned(), version, epoch };
        self.recognizer.find(&gallery, selfie, &Known::default()).await
    }

    /// The photos on which somebody is found.
    pub(crate) async fn photos_of(&self, event_id: EventId, person: Person) -> Vec<PhotoId> {
        let found = self.find(event_id, self.selfie_of(person)).await.unwrap();
        let mut photos: Vec<PhotoId> = found.matches.iter().map(|found| found.photo_id).collect();
        photos.sort();
        photos
    }
}

/// A path from the environment, else relative to this crate.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where large files lie")]
fn path(variable: &str, default: &str) -> PathBuf {
    let given = std::env::var_os(variable).map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default))
}

/// The shared test material.
fn shared() -> PathBuf {
    let folder = path("FINDME_SHARED", "../../../shared");
    let found = folder.join("photos/public-event").is_dir();
    assert!(found, "{} has no photos: set FINDME_SHARED to the folder that has them", folder.display());
    folder
}

fn photograph_of(person: Person, number: usize) -> Bytes {
    static LABELS: OnceLock<String> = OnceLock::new();
    let folder = shared().join("photos/public-event");
    let labels = LABELS.get_or_init(|| std::fs::read_to_string(folder.join("labels.csv")).unwrap());
    // File, identities, maybe, faces, all faces labelled: nobody else is on these.
    let alone = labels.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| {
        row[0].starts_with("photos/") && row[1] == person.name() && row[2].is_empty() && row[3] == "1"
    });
    let file = alone.map(|row| row[0].to_owned()).nth(number).expect("there are enough photos of each");
    std::fs::read(folder.join(file)).unwrap().into()
}

fn selfie_of(person: Person) -> Bytes {
    let file = format!("photos/public-event/selfies/{}_1.jpg", person.name().to_lowercase());
    std::fs::read(shared().join(file)).unwrap().into()
}

/// A picture beside itself.
fn twice(picture: &[u8]) -> Bytes {
    let (pixels, width, height) = fake_server::pixels(picture).unwrap();
    let both: Vec<u8> = pixels.chunks(width * 3).flat_map(|row| [row, row].concat()).collect();
    fake_server::jpeg(&both, width * 2, height)
}
