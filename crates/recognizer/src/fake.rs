//! A recognizer without models: a photo says in text who is in it. What stands above is tested with it.

use std::sync::Arc;

use bytes::Bytes;
use domain::{BoxPx, Digest, Embedding, Face, PointPx, Quality, Score, Thresholds};

use crate::galleries::Galleries;
use crate::{
    FindError, Found, GallerySource, GalleryVersion, Indexed, IndexedFace, IndexedPhoto, Patches, PhotoError,
    SelfieError, Timing, photos_of,
};

/// How alike two faces of one person are, and how alike those of two people may be at most.
const THRESHOLDS: Thresholds = Thresholds { sure: 0.9, maybe: 0.8 };

/// A recognizer that reads names instead of pixels.
///
/// A "photo" is the three bytes that a JPEG begins with, then names between commas: `\xFF\xD8\xFFann,bob`. The word
/// `damaged` makes it a damaged photo.
#[derive(Debug)]
pub struct Fake {
    galleries: Galleries,
}

impl Fake {
    /// The name of its pack.
    pub const PACK_NAME: &str = "fake";

    /// A fake whose galleries come from `source`.
    pub fn new(source: Arc<dyn GallerySource>) -> Self {
        Self { galleries: Galleries::new(source, 8) }
    }

    /// A photo with these people in it.
    pub fn photo_of(names: &[&str]) -> Bytes {
        [b"\xFF\xD8\xFF".as_slice(), names.join(",").as_bytes()].concat().into()
    }

    pub(crate) async fn find(&self, wanted: GalleryVersion, selfie: &Bytes) -> Result<Found, FindError> {
        let photo = read(selfie).map_err(SelfieError::Photo)?;
        let embedding = match photo.faces.as_slice() {
            [] => return Err(SelfieError::NoFace.into()),
            [face] => &face.embedding,
            _ => return Err(SelfieError::SeveralFaces.into()),
        };
        let loaded = self.galleries.current(wanted).await?;
        let hits = loaded.gallery.search(embedding, Score(THRESHOLDS.maybe));
        Ok(Found {
            matches: photos_of(hits, THRESHOLDS),
            faces_searched: loaded.gallery.len(),
            timing: Timing::default(),
        })
    }

    pub(crate) fn galleries(&self) -> &Galleries {
        &self.galleries
    }
}

/// Reads the names on a photo.
pub(crate) fn read(photo: &Bytes) -> Indexed {
    let text =
        photo.strip_prefix(b"\xFF\xD8\xFF").map(String::from_utf8_lossy).ok_or(PhotoError::NotAPhoto)?;
    if text == "damaged" {
        return Err(PhotoError::Truncated);
    }
    let faces = text.split(',').filter(|name| !name.is_empty()).map(face_of).collect();
    Ok(IndexedPhoto {
        width_px: 640,
        height_px: 480,
        taken_at: None,
        camera: None,
        faces,
        preview: b"\xFF\xD8\xFFpreview".to_vec(),
        thumb: b"\xFF\xD8\xFFthumb".to_vec(),
        private_parts: Patches::default().to_bytes(),
    })
}

fn face_of(name: &str) -> IndexedFace {
    let digest = Digest::of(name.trim().as_bytes());
    let numbers: Vec<f32> = digest.0[..8].iter().map(|byte| f32::from(*byte) - 127.5).collect();
    let embedding = Embedding::normalised(&numbers).expect("no byte is 127.5, so the vector is not zero");
    let quality = Quality { size_px: 100.0, sharpness: 500.0, yaw: 0.0, embedding_norm: 8.0 };
    let bounds = BoxPx { x: 10.0, y: 10.0, width: 100.0, height: 120.0 };
    let landmarks = [PointPx { x: 50.0, y: 50.0 }; 5];
    IndexedFace { face: Face { bounds, landmarks, confidence: 0.9, quality }, embedding }
}
