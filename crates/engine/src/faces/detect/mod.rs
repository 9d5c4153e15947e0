//! Finding faces: one pass of the detector over a letterboxed picture, then non-maximum suppression.

mod nms;
mod scrfd;
mod yunet;

use domain::{BoxPx, Landmarks, PointPx};

use super::letterbox::{Back, Letterbox, Scratch};
use super::onnx::{Model, ModelBytes, OnnxRuntime};
use crate::pack::{Detector, Family};
use crate::picture::{Picture, Resizer};
use crate::{OpenError, PhotoError};

/// Most faces that one photo can have; the surest ones are kept. A crowd from a stage at 640 pixels shows fewer.
pub(crate) const FACES_MAX: usize = 500;
/// Most candidates that go into non-maximum suppression, whose work grows with their square.
const CANDIDATES_MAX: usize = 5_000;
/// Boxes that overlap more than this show the same face: the value with which upstream evaluates YuNet on WIDER FACE.
const OVERLAP_MAX: f32 = 0.45;
/// Shortest side of a face that is reported, in pixels of the decoded picture. Below, nobody can be recognised: with the
/// default recogniser, vectors of faces under 16 pixels are on average 4.4 long, those of noise 3.4, of good faces 8. In
/// the sample event they are a sixth of all detections.
const FACE_SIDE_PX_LEAST: f32 = 16.0;
/// Both families look at the picture at these three reductions.
const STRIDES: [u16; 3] = [8, 16, 32];

/// A face as the detector sees it, in pixels of the picture it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Detection {
    pub(crate) bounds: BoxPx,
    pub(crate) landmarks: Landmarks,
    pub(crate) confidence: f32,
}

/// A detector, ready to run.
pub(crate) struct FaceDetector {
    model: Model,
    description: Detector,
    outputs: Vec<String>,
    scratch: Scratch,
}

/// What a family's decoder needs of one output level.
struct Level<'a> {
    stride: u16,
    columns: u16,
    rows: u16,
    tensors: &'a [&'a [f32]],
}

impl FaceDetector {
    /// Opens a session for `description`.
    pub(crate) fn open(
        runtime: &OnnxRuntime,
        bytes: &ModelBytes,
        description: &Detector,
    ) -> Result<Self, OpenError> {
        let model = bytes.open(runtime)?;
        let outputs = match description.family {
            Family::Yunet => yunet::outputs(),
            Family::Scrfd => model.outputs().to_vec(),
        };
        let expected = outputs.len() == tensors_per_level(description.family) * STRIDES.len();
        if !expected || outputs.iter().any(|name| !model.outputs().contains(name)) {
            let reason = format!("its outputs {:?} are not those of its family", model.outputs());
            return Err(bytes.refused(reason));
        }
        Ok(Self { model, description: description.clone(), outputs, scratch: Scratch::default() })
    }

    /// The faces of `picture`, surest first, seen at `long_side_px`. When there is none, looks once more with a border
    /// around the picture.
    pub(crate) fn detect(
        &mut self,
        picture: &Picture,
        long_side_px: u32,
        resizer: &mut Resizer,
    ) -> Result<Vec<Detection>, PhotoError> {
        let (width, height) = (picture.width, picture.height);
        let tight = self.pass(picture, Letterbox::tight(width, height, long_side_px), resizer)?;
        if !tight.is_empty() {
            return Ok(tight);
        }
        self.pass(picture, Letterbox::bordered(width, height, long_side_px), resizer)
    }

    fn pass(
        &mut self,
        picture: &Picture,
        letterbox: Letterbox,
        resizer: &mut Resizer,
    ) -> Result<Vec<Detection>, PhotoError> {
        let Self { model, description, outputs, scratch, .. } = self;
        letterbox.fill(picture, resizer, description.normalisation, scratch)?;
        let shape = letterbox.shape();
        let candidates = model.run(&description.input, shape, &scratch.planes, outputs, |tensors| {
            candidates(description, &letterbox, tensors)
        })?;
        let back = letterbox.back(picture.width, picture.height);
        let kept = nms::suppress(candidates, OVERLAP_MAX, FACES_MAX);
        Ok(kept.into_iter().filter_map(|detection| in_picture(detection, back, picture)).collect())
    }
}

fn tensors_per_level(family: Family) -> usize {
    match family {
        Family::Yunet => yunet::TENSORS_PER_LEVEL,
        Family::Scrfd => scrfd::TENSORS_PER_LEVEL,
    }
}

/// The candidates of all levels, in pixels of the letterbox; at most [`CANDIDATES_MAX`], the surest.
fn candidates(
    description: &Detector,
    letterbox: &Letterbox,
    tensors: &[&[f32]],
) -> Result<Vec<Detection>, PhotoError> {
    let least = description.confidence_least;
    let mut found = Vec::new();
    for (index, stride) in STRIDES.into_iter().enumerate() {
        // Outputs come kind by kind, each kind in the order of the strides.
        let of_level: Vec<&[f32]> = tensors.iter().skip(index).step_by(STRIDES.len()).copied().collect();
        let cells = |side: u32| u16::try_from(side / u32::from(stride)).map_err(PhotoError::internal);
        let (columns, rows) = (cells(letterbox.width)?, cells(letterbox.height)?);
        let level = Level { stride, columns, rows, tensors: &of_level };
        let fits = match description.family {
            Family::Yunet => yunet::decode(&level, least, &mut found),
            Family::Scrfd => scrfd::decode(&level, least, &mut found),
        };
        fits.ok_or_else(|| PhotoError::internal("the detector's output has an unexpected size"))?;
    }
    found.sort_by(|a: &Detection, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(CANDIDATES_MAX);
    Ok(found)
}

/// `detection` in pixels of the picture, its box cut at the picture's edges; nothing when too little of it is left.
fn in_picture(detection: Detection, back: Back, picture: &Picture) -> Option<Detection> {
    #[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
    let (width, height) = (picture.width as f32, picture.height as f32);
    let BoxPx { x, y, width: box_width, height: box_height } = detection.bounds;
    let (left, top) = back.point(x, y);
    let (extent_x, extent_y) = back.extent(box_width, box_height);
    let (right, bottom) = ((left + extent_x).min(width), (top + extent_y).min(height));
    let (left, top) = (left.max(0.0), top.max(0.0));
    let bounds = BoxPx { x: left, y: top, width: right - left, height: bottom - top };
    let landmarks = detection.landmarks.map(|PointPx { x, y }| {
        let (x, y) = back.point(x, y);
        PointPx { x, y }
    });
    let is_finite = landmarks.iter().all(|point| point.x.is_finite() && point.y.is_finite());
    let is_large_enough = bounds.width.min(bounds.height) >= FACE_SIDE_PX_LEAST;
    (is_large_enough && is_finite).then_some(Detection { bounds, landmarks, ..detection })
}
