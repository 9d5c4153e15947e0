//! A selfie: one person asks for their photos.

use domain::{Embedding, Face, Rendition};

use crate::engine::{Engine, fenced};
use crate::faces::decode::decode;
use crate::faces::embed::Embedded;
use crate::faces::quality;
use crate::index::{Cut, IndexedFace};
use crate::stages::Stages;
use crate::{PhotoError, SelfieError};

/// The one face of a selfie.
#[derive(Clone, Debug)]
pub struct Selfie {
    /// What is searched for.
    pub embedding: Embedding,
    /// The face, in pixels of the oriented original.
    pub face: Face,
}

/// Shortest side of a selfie's face, in pixels of the original. Below, recognition fails often: the default recogniser's
/// vectors of 32-pixel faces are visibly shorter.
const FACE_SIDE_PX_LEAST: f32 = 40.0;
/// The face of a selfie is large. A larger input would only add doubtful faces, and take longer.
const DETECT_LONG_SIDE_PX_MAX: u32 = 640;
/// Faces of at least this confidence are faces beyond doubt. What the detector doubts in a portrait is mostly a hand, an
/// ear or a pattern, at up to 0.66 in the sample selfies.
pub(crate) const CONFIDENCE_CERTAIN: f32 = 0.75;
/// A second face of at least this share of the largest one's area could be meant as well; smaller ones stand behind.
const RIVAL_AREA_LEAST: f32 = 0.4;

impl Engine {
    /// Finds the one face of a selfie and embeds it. The picture is not kept.
    ///
    /// # Errors
    /// When the picture cannot be read, has no face, several faces of about the same size, or too small a face.
    pub fn selfie(&self, bytes: &[u8]) -> Result<Selfie, SelfieError> {
        self.install(|| fenced(|| self.look_at_selfie(bytes)))
    }

    fn look_at_selfie(&self, bytes: &[u8]) -> Result<Selfie, SelfieError> {
        let cuts = self.with_bench(|bench| {
            let decoded = decode(bytes, Rendition::PREVIEW_LONG_SIDE_PX, &self.room, &mut bench.resizer)?;
            let long_side_px = self.detect_long_side_px.min(DETECT_LONG_SIDE_PX_MAX);
            self.cut(&decoded, long_side_px, bench, &mut Stages::default())
        })?;
        let cut = dominant(cuts)?;
        let embedded = self.embed_with_mirror(&cut)?;
        let IndexedFace { face, embedding } = cut.into_face(embedded);
        Ok(Selfie { embedding, face })
    }

    /// The mean of the face's embedding and its mirror image's, as usual in evaluations of ArcFace: what depends on the
    /// side from which the light came cancels out. It costs one crop more, for a query only.
    pub(crate) fn embed_with_mirror(&self, cut: &Cut) -> Result<Embedded, PhotoError> {
        let mirrored = cut.crop.mirrored();
        let both = self.embed(&[&cut.crop, &mirrored]).into_iter().collect::<Result<Vec<_>, _>>()?;
        let [seen, mirrored] = &both[..] else { return Err(PhotoError::internal("two embeddings expected")) };
        let sum: Vec<f32> = seen.raw().zip(mirrored.raw()).map(|(a, b)| a + b).collect();
        let embedding = Embedding::normalised(&sum).map_err(PhotoError::internal)?;
        Ok(Embedded { embedding, norm: seen.norm, took: seen.took })
    }
}

/// The largest face, when no other could be meant and it is large enough. Doubtful faces count only when there are no
/// others.
fn dominant(mut cuts: Vec<Cut>) -> Result<Cut, SelfieError> {
    let is_certain = |cut: &Cut| cut.detection.confidence >= CONFIDENCE_CERTAIN;
    if cuts.iter().any(is_certain) {
        cuts.retain(is_certain);
    }
    let area = |cut: &Cut| cut.detection.bounds.area();
    cuts.sort_by(|a, b| area(b).total_cmp(&area(a)));
    let mut largest_first = cuts.into_iter();
    let largest = largest_first.next().ok_or(SelfieError::NoFace)?;
    if largest_first.next().is_some_and(|second| area(&second) >= area(&largest) * RIVAL_AREA_LEAST) {
        return Err(SelfieError::SeveralFaces);
    }
    if quality::size_px(&largest.detection.bounds) < FACE_SIDE_PX_LEAST {
        return Err(SelfieError::FaceTooSmall);
    }
    Ok(largest)
}
