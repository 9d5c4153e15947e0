//! Greedy non-maximum suppression: of boxes that show the same face, the surest stays.

use super::Detection;

/// Keeps at most `count_max` of `sorted` (surest first), none of which overlaps a surer one by more than `overlap_max`
/// (intersection over union).
pub(super) fn suppress(sorted: Vec<Detection>, overlap_max: f32, count_max: usize) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in sorted {
        if kept.len() == count_max {
            break;
        }
        if kept.iter().all(|surer| surer.bounds.iou(&candidate.bounds) <= overlap_max) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use domain::{BoxPx, PointPx};

    use super::*;

    fn at(x: f32, confidence: f32) -> Detection {
        let bounds = BoxPx { x, y: 0.0, width: 10.0, height: 10.0 };
        Detection { bounds, landmarks: [PointPx { x, y: 0.0 }; 5], confidence }
    }

    #[test]
    fn the_surest_of_overlapping_boxes_stays() {
        let kept = suppress(vec![at(0.0, 0.9), at(2.0, 0.8), at(20.0, 0.7), at(23.9, 0.6)], 0.45, 10);
        assert_eq!(kept, [at(0.0, 0.9), at(20.0, 0.7), at(23.9, 0.6)]);
    }

    #[test]
    fn there_is_a_limit() {
        let many = (0..50_u8).map(|i| at(f32::from(i) * 20.0, 0.5)).collect();
        assert_eq!(suppress(many, 0.45, 7).len(), 7);
    }
}
