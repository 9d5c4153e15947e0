//! A selfie: one person asks for their photos.

use domain::{Embedding, Face};

use crate::dominant::{FaceSeen, RIVAL_AREA_LEAST, dominant_face};
use crate::engine::{Engine, fenced};
use crate::faces::decode::decode;
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
/// Share of the picture's longer side from which on a glimpse is enough: the face then has at least 115 pixels across, and
/// the recogniser's crop shows it on fewer than a hundred.
const GLIMPSED_SHARE_LEAST: f32 = 0.12;

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
        is_certain(&self.cut) && !self.has_rival && share >= GLIMPSED_SHARE_LEAST
    }
}

/// Faces of at least this confidence are faces beyond doubt. What the detector doubts in a portrait is mostly a hand, an
/// ear or a pattern, at up to 0.66 in the sample selfies.
const CONFIDENCE_CERTAIN: f32 = 0.75;

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
    fn query_of(&self, cut: Cut) -> Result<Selfie, PhotoError> {
        let embedded = self.embed(&[&cut.crop]).pop();
        let embedded = embedded.ok_or_else(|| PhotoError::internal("one embedding expected"))??;
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
}

/// Drops faces that are not certain, unless there are no others.
pub(crate) fn drop_doubtful(cuts: &mut Vec<Cut>) {
    if cuts.iter().any(is_certain) {
        cuts.retain(is_certain);
    }
}

/// The face that the selfie is of.
fn dominant(mut cuts: Vec<Cut>) -> Result<Cut, SelfieError> {
    let seen = |cut: &Cut| FaceSeen { bounds: cut.detection.bounds, is_certain: is_certain(cut) };
    let at = dominant_face(&cuts.iter().map(seen).collect::<Vec<_>>())?;
    Ok(cuts.swap_remove(at))
}

fn is_certain(cut: &Cut) -> bool {
    cut.detection.confidence >= CONFIDENCE_CERTAIN
}
