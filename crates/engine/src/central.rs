//! The face in the middle of a picture, for collections of portraits in which others may stand behind.

use domain::{BoxPx, Embedding, Rendition};

use crate::engine::{Engine, fenced};
use crate::faces::decode::decode;
use crate::faces::embed::Embedded;
use crate::index::{Cut, IndexedFace};
use crate::selfie::drop_doubtful;
use crate::stages::Stages;
use crate::{PhotoError, Selfie, SelfieError};

/// Portraits are small, and their face is large.
const DETECT_LONG_SIDE_PX_MAX: u32 = 640;

impl Engine {
    /// Finds the face nearest to the picture's centre and embeds it with its mirror image. Labeled Faces in the Wild
    /// and its successors are cut so that the person whom a picture is named after is in its middle, whoever else is on it.
    ///
    /// # Errors
    /// When the picture cannot be read or has no face.
    pub fn central_face(&self, bytes: &[u8]) -> Result<Selfie, SelfieError> {
        self.install(|| fenced(|| self.look_at_centre(bytes)))
    }

    fn look_at_centre(&self, bytes: &[u8]) -> Result<Selfie, SelfieError> {
        let (cuts, size) = self.with_bench(|bench| {
            let decoded = decode(bytes, Rendition::PREVIEW_LONG_SIDE_PX, &self.room, &mut bench.resizer)?;
            let long_side_px = self.detect_long_side_px.min(DETECT_LONG_SIDE_PX_MAX);
            let cuts = self.cut(&decoded, long_side_px, bench, &mut Stages::default())?;
            Ok((cuts, (decoded.width_px, decoded.height_px)))
        })?;
        let cut = most_central(cuts, size).ok_or(SelfieError::NoFace)?;
        Ok(self.with_mirror(cut)?)
    }

    /// The mean of the face's embedding and its mirror image's, as published figures of recognisers have it: what depends on
    /// the side from which the light came cancels out. A selfie is embedded once: there the second embedding cost a fifth of
    /// the time and changed one photo of 587.
    fn with_mirror(&self, cut: Cut) -> Result<Selfie, PhotoError> {
        let mirrored = cut.crop.mirrored();
        let both = self.embed(&[&cut.crop, &mirrored]).into_iter().collect::<Result<Vec<_>, _>>()?;
        let [seen, mirrored] = &both[..] else { return Err(PhotoError::internal("two embeddings expected")) };
        let sum: Vec<f32> = seen.raw().zip(mirrored.raw()).map(|(a, b)| a + b).collect();
        let embedding = Embedding::normalised(&sum).map_err(PhotoError::internal)?;
        let IndexedFace { face, embedding } =
            cut.into_face(Embedded { embedding, norm: seen.norm, took: seen.took });
        Ok(Selfie { embedding, face })
    }
}

/// As in a selfie, doubtful faces count only when there are no others: a dog in the middle is none.
fn most_central(mut cuts: Vec<Cut>, size: (u32, u32)) -> Option<Cut> {
    drop_doubtful(&mut cuts);
    let distance = |cut: &Cut| from_centre(&cut.detection.bounds, size);
    cuts.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// How far the middle of a box is from the middle of a picture, in the box's own size: what is large and covers the centre
/// goes before something small that is a little nearer.
#[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
fn from_centre(bounds: &BoxPx, (width_px, height_px): (u32, u32)) -> f32 {
    let across = bounds.x + bounds.width / 2.0 - width_px as f32 / 2.0;
    let down = bounds.y + bounds.height / 2.0 - height_px as f32 / 2.0;
    across.hypot(down) / bounds.width.max(bounds.height).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_covers_the_centre_goes_first() {
        let bounds = |x, y, side| BoxPx { x, y, width: side, height: side };
        let at = |bounds| from_centre(&bounds, (250, 250));
        let (named, behind, pattern) =
            (bounds(80.0, 75.0, 100.0), bounds(5.0, 5.0, 110.0), bounds(128.0, 100.0, 6.0));
        assert!(at(named) < at(behind) && at(named) < at(pattern));
        assert!(at(bounds(75.0, 75.0, 100.0)) < 1e-6);
    }
}
