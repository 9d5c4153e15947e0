//! How much a face can be trusted for recognition.

use domain::{BoxPx, Landmarks, PointPx};

use crate::picture::Picture;

/// The shorter side of a face's box.
pub(crate) fn size_px(bounds: &BoxPx) -> f32 {
    bounds.width.min(bounds.height)
}

/// Variance of the Laplacian (four neighbours) of a crop's grey values: the usual measure of focus (Pech-Pacheco et al.,
/// "Diatom autofocusing in brightfield microscopy", 2000).
pub(crate) fn sharpness(crop: &Picture) -> f32 {
    let (width, height) = (crop.width as usize, crop.height as usize);
    let grey: Vec<f32> = crop.rgb.as_chunks::<3>().0.iter().map(|pixel| luma(*pixel)).collect();
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let neighbours = grey[at - width] + grey[at - 1] + grey[at + 1] + grey[at + width];
            let laplacian = f64::from(neighbours - 4.0 * grey[at]);
            sum += laplacian;
            squares += laplacian * laplacian;
            count += 1.0;
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "the variance of 8-bit values fits")]
    let variance = (squares / count - (sum / count).powi(2)) as f32;
    if variance.is_finite() { variance } else { 0.0 }
}

/// Grey value of a colour (ITU-R BT.601).
fn luma([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// How far a head is turned to a side: the distance of the nose from the middle between the eyes, along the line
/// through the eyes, in halves of the eyes' distance. 0 is frontal; at 1 the nose stands before an eye.
pub(crate) fn yaw(landmarks: &Landmarks) -> f32 {
    let [left, right, nose, ..] = landmarks;
    let (axis_x, axis_y) = (right.x - left.x, right.y - left.y);
    let middle = PointPx { x: f32::midpoint(left.x, right.x), y: f32::midpoint(left.y, right.y) };
    let along = (nose.x - middle.x) * axis_x + (nose.y - middle.y) * axis_y;
    let yaw = 2.0 * along.abs() / (axis_x * axis_x + axis_y * axis_y);
    if yaw.is_finite() { yaw.min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::rgb_len;

    #[test]
    fn flat_is_blurred_and_a_chessboard_is_sharp() {
        let flat = Picture { width: 16, height: 16, rgb: vec![90; rgb_len(16, 16)] };
        assert!(sharpness(&flat) < 1e-3);
        let board = |i: usize| if (i / 3 % 16 + i / 48).is_multiple_of(2) { 0 } else { 255 };
        let chessboard = Picture { rgb: (0..rgb_len(16, 16)).map(board).collect(), ..flat };
        assert!(sharpness(&chessboard) > 10_000.0);
        assert!(sharpness(&Picture::black(1, 1)).abs() < 1e-6);
    }

    #[test]
    fn the_nose_tells_the_turn() {
        let face = |nose_x| {
            [(0.0, 0.0), (40.0, 0.0), (nose_x, 20.0), (5.0, 40.0), (35.0, 40.0)]
                .map(|(x, y)| PointPx { x, y })
        };
        assert!(yaw(&face(20.0)) < 1e-6);
        assert!((yaw(&face(30.0)) - 0.5).abs() < 1e-6);
        assert!((yaw(&face(-50.0)) - 1.0).abs() < 1e-6);
        assert!((yaw(&[PointPx { x: 0.0, y: 0.0 }; 5]) - 1.0).abs() < 1e-6);
    }
}
