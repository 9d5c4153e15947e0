//! Reading the outputs of `YuNet` (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023; decoding as in
//! the description of the exported models).
//!
//! ```text
//! cell (column, row) of stride s:  confidence = √(class · objectness)
//!     centre = ((column + dx) · s, (row + dy) · s),  size = (e^dw · s, e^dh · s)
//!     point k = ((column + px) · s, (row + py) · s)
//! ```

use domain::{BoxPx, PointPx};

use super::{Detection, Level, STRIDES};

/// Class, objectness, box, points.
pub(super) const TENSORS_PER_LEVEL: usize = 4;

/// The names of the outputs, kind by kind.
pub(super) fn outputs() -> Vec<String> {
    let kinds = ["cls", "obj", "bbox", "kps"].into_iter();
    kinds.flat_map(|kind| STRIDES.map(|stride| format!("{kind}_{stride}"))).collect()
}

/// Appends the cells of `least` confidence or more; `None` when the tensors have other sizes than the level.
pub(super) fn decode(level: &Level<'_>, least: f32, found: &mut Vec<Detection>) -> Option<()> {
    let [class, objectness, boxes, points] = *level.tensors else { return None };
    let cells = usize::from(level.columns) * usize::from(level.rows);
    let sizes = [(class, 1), (objectness, 1), (boxes, 4), (points, 10)];
    if sizes.iter().any(|(tensor, width)| tensor.len() != cells * width) {
        return None;
    }
    let squared = least * least;
    for (index, (class, objectness)) in class.iter().zip(objectness).enumerate() {
        let product = class.clamp(0.0, 1.0) * objectness.clamp(0.0, 1.0);
        if product >= squared {
            let cell = cell(level, index)?;
            let offsets = &boxes[index * 4..][..4];
            let points = &points[index * 10..][..10];
            found.push(Detection {
                confidence: product.sqrt(),
                ..face(cell, f32::from(level.stride), offsets, points)
            });
        }
    }
    Some(())
}

/// Column and row of a cell.
fn cell(level: &Level<'_>, index: usize) -> Option<(f32, f32)> {
    let columns = usize::from(level.columns);
    let part = |number: usize| u16::try_from(number).ok().map(f32::from);
    part(index % columns).zip(part(index / columns))
}

fn face((column, row): (f32, f32), stride: f32, offsets: &[f32], points: &[f32]) -> Detection {
    let (width, height) = (offsets[2].exp() * stride, offsets[3].exp() * stride);
    let (x, y) = ((column + offsets[0]) * stride - width / 2.0, (row + offsets[1]) * stride - height / 2.0);
    let landmarks = std::array::from_fn(|k| PointPx {
        x: (column + points[2 * k]) * stride,
        y: (row + points[2 * k + 1]) * stride,
    });
    Detection { bounds: BoxPx { x, y, width, height }, landmarks, confidence: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_by_hand() {
        let mut class = [0.0; 6];
        let objectness = [1.0; 6];
        let mut boxes = [0.0; 24];
        let mut points = [0.0; 60];
        class[4] = 0.81;
        boxes[16..20].copy_from_slice(&[0.5, 0.25, 0.0, 2.0_f32.ln()]);
        points[40..42].copy_from_slice(&[0.5, -1.0]);
        let tensors: [&[f32]; 4] = [&class, &objectness, &boxes, &points];
        let level = Level { stride: 16, columns: 3, rows: 2, tensors: &tensors };
        let mut found = Vec::new();
        decode(&level, 0.5, &mut found).unwrap();
        let [face] = found[..] else { panic!("one face expected, found {found:?}") };
        assert!((face.confidence - 0.9).abs() < 1e-6);
        // Column 1, row 1: the centre lies at (1.5, 1.25) cells, the box is 1 × 2 cells.
        assert_eq!(face.bounds, BoxPx { x: 16.0, y: 4.0, width: 16.0, height: 32.0 });
        assert_eq!(face.landmarks[0], PointPx { x: 24.0, y: 0.0 });
        assert_eq!(face.landmarks[1], PointPx { x: 16.0, y: 16.0 });
    }

    #[test]
    fn other_sizes_are_refused() {
        let level = Level {
            stride: 8,
            columns: 2,
            rows: 2,
            tensors: &[&[0.0; 4], &[0.0; 4], &[0.0; 16], &[0.0; 39]],
        };
        assert_eq!(decode(&level, 0.5, &mut Vec::new()), None);
    }
}
