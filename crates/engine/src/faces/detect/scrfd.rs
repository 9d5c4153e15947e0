//! Reading the outputs of SCRFD (Guo, Deng, Lattas, Zafeiriou: "Sample and Computation Redistribution for Efficient
//! Face Detection", 2021).
//!
//! ```text
//! two anchors per cell, both at (column · s, row · s) of stride s:  confidence as it is
//!     sides = anchor ∓ distance · s (left, top, right, bottom),  point k = anchor + offset · s
//! ```

use domain::{BoxPx, PointPx};

use super::{Detection, Level};

/// Score, box, points.
pub(super) const TENSORS_PER_LEVEL: usize = 3;
const ANCHORS_PER_CELL: usize = 2;

/// Appends the anchors of `least` confidence or more; `None` when the tensors have other sizes than the level.
pub(super) fn decode(level: &Level<'_>, least: f32, found: &mut Vec<Detection>) -> Option<()> {
    let [scores, boxes, points] = *level.tensors else { return None };
    let columns = usize::from(level.columns);
    let anchors = columns * usize::from(level.rows) * ANCHORS_PER_CELL;
    if scores.len() != anchors || boxes.len() != anchors * 4 || points.len() != anchors * 10 {
        return None;
    }
    let stride = f32::from(level.stride);
    for (index, score) in scores.iter().enumerate() {
        if *score >= least {
            let cell = index / ANCHORS_PER_CELL;
            let column = f32::from(u16::try_from(cell % columns).ok()?);
            let row = f32::from(u16::try_from(cell / columns).ok()?);
            let distances = &boxes[index * 4..][..4];
            let offsets = &points[index * 10..][..10];
            let face = face((column * stride, row * stride), stride, distances, offsets);
            found.push(Detection { confidence: score.min(1.0), ..face });
        }
    }
    Some(())
}

fn face((x, y): (f32, f32), stride: f32, distances: &[f32], offsets: &[f32]) -> Detection {
    let bounds = BoxPx {
        x: x - distances[0] * stride,
        y: y - distances[1] * stride,
        width: (distances[0] + distances[2]) * stride,
        height: (distances[1] + distances[3]) * stride,
    };
    let landmarks = std::array::from_fn(|k| PointPx {
        x: x + offsets[2 * k] * stride,
        y: y + offsets[2 * k + 1] * stride,
    });
    Detection { bounds, landmarks, confidence: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_anchor_by_hand() {
        let mut scores = [0.0; 8];
        let mut boxes = [0.0; 32];
        let mut points = [0.0; 80];
        // The second anchor of column 1, row 1.
        scores[7] = 0.75;
        boxes[28..].copy_from_slice(&[0.5, 0.25, 1.5, 0.75]);
        points[70..72].copy_from_slice(&[-0.5, 1.0]);
        let tensors: [&[f32]; 3] = [&scores, &boxes, &points];
        let level = Level { stride: 8, columns: 2, rows: 2, tensors: &tensors };
        let mut found = Vec::new();
        decode(&level, 0.5, &mut found).unwrap();
        let [face] = found[..] else { panic!("one face expected, found {found:?}") };
        assert_eq!(face.bounds, BoxPx { x: 4.0, y: 6.0, width: 16.0, height: 8.0 });
        assert_eq!(face.landmarks[0], PointPx { x: 4.0, y: 16.0 });
    }
}
