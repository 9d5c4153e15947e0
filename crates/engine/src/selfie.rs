//! A selfie: one person asks for their photos.

use domain::{Embedding, Face};

use crate::engine::{Engine, fenced};
use crate::faces::decode::decode;
use crate::faces::embed::Embedded;
use crate::faces::quality;
use crate::index::{Cut, DECODE_LONG_SIDE_PX_LEAST, IndexedFace};
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
/// How closely a selfie is looked at.
#[derive(Clone, Copy)]
struct Look {
    /// Longer side to which it is decoded at least.
    decode_px: u32,
    /// Longer side of the detector's input.
    detect_px: u32,
}

/// The first look. The face of a selfie mostly fills a quarter of it or more, so that a thousand pixels still show it
/// larger than the recogniser's crop, and the detector sees it as large as faces in photos are at twice the input. A phone's
/// 12 megapixels are decoded to a sixteenth.
const GLIMPSE: Look = Look { decode_px: 960, detect_px: 320 };
/// The second look, when the first one shows nothing that is beyond doubt. A still larger input would only add doubtful
/// faces, and take longer.
const CLOSE: Look = Look { decode_px: DECODE_LONG_SIDE_PX_LEAST, detect_px: 640 };
/// Share of the picture's longer side from which on a glimpse is enough.
const GLIMPSED_SHARE_LEAST: f32 = 0.2;

/// The one face of a selfie.
struct Seen {
    cut: Cut,
    /// Whether anything else that could be a face, however doubtful, is nearly as large.
    has_rival: bool,
    /// Longer side of the original, in whose pixels the face is.
    long_side_px: u32,
}

impl Seen {
    /// Whether looking closer would show nothing else: the face is certain, large, and without a rival.
    fn is_beyond_doubt(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
        let share = quality::size_px(&self.cut.detection.bounds) / self.long_side_px as f32;
        let is_certain = self.cut.detection.confidence >= CONFIDENCE_CERTAIN && !self.has_rival;
        is_certain && share >= GLIMPSED_SHARE_LEAST
    }
}

/// Faces of at least this confidence are faces beyond doubt. What the detector doubts in a portrait is mostly a hand, an
/// ear or a pattern, at up to 0.66 in the sample selfies.
const CONFIDENCE_CERTAIN: f32 = 0.75;
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
        let glimpsed = self.face_seen(bytes, GLIMPSE)?;
        let cut = match glimpsed {
            Ok(seen) if seen.is_beyond_doubt() => seen.cut,
            Ok(_) | Err(_) => self.face_seen(bytes, CLOSE)??.cut,
        };
        Ok(self.query_of(cut)?)
    }

    /// The face as what is searched for.
    pub(crate) fn query_of(&self, cut: Cut) -> Result<Selfie, PhotoError> {
        let embedded = self.embed_with_mirror(&cut)?;
        let IndexedFace { face, embedding } = cut.into_face(embedded);
        Ok(Selfie { embedding, face })
    }

    /// The one face that a look shows, or why there is none. The outer error is for a picture that cannot be read.
    fn face_seen(&self, bytes: &[u8], look: Look) -> Result<Result<Seen, SelfieError>, PhotoError> {
        let detect_px = self.detect_long_side_px.min(look.detect_px);
        self.with_bench(|bench| {
            let decoded = decode(bytes, look.decode_px, &self.room, &mut bench.resizer)?;
            let cuts = self.cut(&decoded, detect_px, bench, &mut Stages::default())?;
            let long_side_px = decoded.width_px.max(decoded.height_px);
            let areas: Vec<f32> = cuts.iter().map(|cut| cut.detection.bounds.area()).collect();
            Ok(dominant(cuts).map(|cut| {
                let rivals =
                    areas.iter().filter(|area| **area >= cut.detection.bounds.area() * RIVAL_AREA_LEAST);
                // The face itself is one of them.
                Seen { has_rival: rivals.count() > 1, cut, long_side_px }
            }))
        })
    }

    /// The mean of the face's embedding and its mirror image's, as usual in evaluations of ArcFace: what depends on the
    /// side from which the light came cancels out. It costs one crop more, for a query only.
    fn embed_with_mirror(&self, cut: &Cut) -> Result<Embedded, PhotoError> {
        let mirrored = cut.crop.mirrored();
        let both = self.embed(&[&cut.crop, &mirrored]).into_iter().collect::<Result<Vec<_>, _>>()?;
        let [seen, mirrored] = &both[..] else { return Err(PhotoError::internal("two embeddings expected")) };
        let sum: Vec<f32> = seen.raw().zip(mirrored.raw()).map(|(a, b)| a + b).collect();
        let embedding = Embedding::normalised(&sum).map_err(PhotoError::internal)?;
        Ok(Embedded { embedding, norm: seen.norm, took: seen.took })
    }
}

/// Drops faces that are not certain, unless there are no others.
pub(crate) fn drop_doubtful(cuts: &mut Vec<Cut>) {
    let is_certain = |cut: &Cut| cut.detection.confidence >= CONFIDENCE_CERTAIN;
    if cuts.iter().any(is_certain) {
        cuts.retain(is_certain);
    }
}

/// The largest face, when no other could be meant and it is large enough. Doubtful faces count only when there are no
/// others.
fn dominant(mut cuts: Vec<Cut>) -> Result<Cut, SelfieError> {
    drop_doubtful(&mut cuts);
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
