//! A recognizer without models: a photo says in text who is in it. What stands above is tested with it.

use std::sync::Arc;

use bytes::Bytes;
use domain::{BoxPx, Digest, Embedding, Face, GallerySource, PointPx, Quality, Thresholds};
use engine::gallery::people;

use crate::galleries::Galleries;
use crate::{
    FindError, Found, GalleryVersion, IndexedFace, IndexedPhoto, Known, PackRefused, PhotoError, SelfieError,
    Stages, Timing, photos_of,
};

/// A pack without models.
struct FakePack {
    name: &'static str,
    /// Stands before each name, so that no two packs make the same embedding.
    salt: &'static str,
    dimension: usize,
    /// How alike two faces of one person are, and how alike those of two people may be at most.
    thresholds: Thresholds,
}

const PACKS: [FakePack; 2] = [
    FakePack {
        name: Fake::PACK_NAME,
        salt: "",
        dimension: 8,
        thresholds: Thresholds { sure: 0.9, maybe: 0.8 },
    },
    FakePack {
        name: Fake::OTHER_PACK_NAME,
        salt: "other ",
        dimension: 24,
        thresholds: Thresholds { sure: 0.95, maybe: 0.85 },
    },
];

/// A recognizer that reads names instead of pixels. It has two packs.
///
/// A "photo" is the three bytes that a JPEG begins with, then names between commas: `\xFF\xD8\xFFann,bob`. The word
/// `damaged` makes it a damaged photo. `ann~85` is Ann with her head turned, whose face is like hers from the front by
/// 0.85; the smaller the number, the further she looks away, always to the same side.
#[derive(Debug)]
pub struct Fake {
    galleries: Galleries,
}

impl Fake {
    /// The name of its pack for new events.
    pub const PACK_NAME: &str = "fake";
    /// The name of its other pack.
    pub const OTHER_PACK_NAME: &str = "fake2";

    /// A fake whose galleries come from `source`.
    pub fn new(source: Arc<dyn GallerySource>) -> Self {
        Self { galleries: Galleries::new(source) }
    }

    /// A photo with these people in it.
    pub fn photo_of(names: &[&str]) -> Bytes {
        [b"\xFF\xD8\xFF".as_slice(), names.join(",").as_bytes()].concat().into()
    }

    pub(crate) async fn find(
        &self,
        wanted: &GalleryVersion,
        selfie: &Bytes,
        known: &Known,
    ) -> Result<Found, FindError> {
        let pack = pack(&wanted.pack)?;
        let photo = read(pack, selfie).map_err(SelfieError::Photo)?;
        let embedding = match photo.faces.as_slice() {
            [] => return Err(SelfieError::NoFace.into()),
            [face] => face.embedding.clone(),
            _ => return Err(SelfieError::SeveralFaces.into()),
        };
        let embedding = known.added(embedding, pack.thresholds)?;
        self.find_again(wanted, &embedding, known).await
    }

    pub(crate) async fn find_again(
        &self,
        wanted: &GalleryVersion,
        embedding: &Embedding,
        known: &Known,
    ) -> Result<Found, FindError> {
        let pack = pack(&wanted.pack)?;
        if embedding.dimension() != pack.dimension {
            return Err(FindError::Outdated);
        }
        let loaded = self.galleries.current(wanted, pack.dimension).await?;
        let hits = people::search(&loaded.gallery, &known.person(embedding.clone()), pack.thresholds);
        Ok(Found {
            embedding: Some(embedding.clone()),
            matches: photos_of(&hits),
            faces_searched: loaded.gallery.len(),
            timing: Timing::default(),
        })
    }

    pub(crate) fn galleries(&self) -> &Galleries {
        &self.galleries
    }
}

pub(crate) fn index(
    name: &str,
    photos: &[Bytes],
) -> Result<Vec<Result<IndexedPhoto, PhotoError>>, PackRefused> {
    let pack = pack(name)?;
    Ok(photos.iter().map(|photo| read(pack, photo)).collect())
}

pub(crate) fn check_pack(name: &str) -> Result<(), PackRefused> {
    pack(name).map(|_| ())
}

pub(crate) fn thresholds(name: &str) -> Result<Thresholds, PackRefused> {
    pack(name).map(|pack| pack.thresholds)
}

fn pack(name: &str) -> Result<&'static FakePack, PackRefused> {
    let found = PACKS.iter().find(|pack| pack.name == name);
    found.ok_or_else(|| PackRefused::Unknown { pack: name.to_owned() })
}

/// Reads the names on a photo.
fn read(pack: &FakePack, photo: &Bytes) -> Result<IndexedPhoto, PhotoError> {
    let text =
        photo.strip_prefix(b"\xFF\xD8\xFF").map(String::from_utf8_lossy).ok_or(PhotoError::NotAPhoto)?;
    if text == "damaged" {
        return Err(PhotoError::Truncated);
    }
    let names = text.split(',').filter(|name| !name.is_empty());
    let faces = names.map(|name| face_of(pack, name)).collect();
    Ok(IndexedPhoto {
        width_px: 640,
        height_px: 480,
        taken_at: None,
        camera: None,
        faces,
        preview: b"\xFF\xD8\xFFpreview".to_vec(),
        thumb: b"\xFF\xD8\xFFthumb".to_vec(),
        private_parts: private_parts(photo),
        stages: Stages::default(),
    })
}

/// Found as in a real photo, since a fake one begins like a JPEG.
pub(crate) fn private_parts(photo: &[u8]) -> Vec<u8> {
    engine::privacy::private_parts(photo).unwrap_or_default().to_bytes()
}

fn face_of(pack: &FakePack, name: &str) -> IndexedFace {
    let embedding = match name.trim().split_once('~') {
        None => front_of(pack, name.trim()),
        Some((name, percent)) => turned(pack, name, percent),
    };
    let quality = Quality { size_px: 100.0, sharpness: 500.0, yaw: 0.0, embedding_norm: 8.0 };
    let bounds = BoxPx { x: 10.0, y: 10.0, width: 100.0, height: 120.0 };
    let landmarks = [PointPx { x: 50.0, y: 50.0 }; 5];
    IndexedFace { face: Face { bounds, landmarks, confidence: 0.9, quality }, embedding }
}

/// The face of a name, which is like no other's but by chance.
fn front_of(pack: &FakePack, name: &str) -> Embedding {
    let digest = Digest::of(format!("{}{name}", pack.salt).as_bytes());
    let numbers: Vec<f32> = digest.0[..pack.dimension].iter().map(|byte| f32::from(*byte) - 127.5).collect();
    Embedding::normalised(&numbers).expect("no byte is 127.5, so the vector is not zero")
}

/// A face on the circle through the one from the front and the one from the side.
fn turned(pack: &FakePack, name: &str, percent: &str) -> Embedding {
    let likeness = percent.parse::<f32>().map_or(1.0, |percent| (percent / 100.0).clamp(-1.0, 1.0));
    let (front, side) = (front_of(pack, name), front_of(pack, &format!("{name} from the side")));
    let along = front.cosine(&side).0;
    let rest: Vec<f32> =
        front.as_slice().iter().zip(side.as_slice()).map(|(front, side)| side - along * front).collect();
    let rest = Embedding::normalised(&rest).expect("two names have two faces");
    let across = (1.0 - likeness * likeness).sqrt();
    let mixed =
        front.as_slice().iter().zip(rest.as_slice()).map(|(front, rest)| likeness * front + across * rest);
    Embedding::normalised(&mixed.collect::<Vec<_>>()).expect("front and rest are at right angles")
}
