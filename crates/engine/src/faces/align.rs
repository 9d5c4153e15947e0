//! Cutting a face out so that its landmarks lie where the recogniser expects them.

use domain::{Landmarks, PointPx};

use crate::picture::{Picture, rgb_len};

/// A rotation with one scale, and a shift: `(x, y) → (a·x − b·y + dx, b·x + a·y + dy)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    a: f32,
    b: f32,
    dx: f32,
    dy: f32,
}

impl Similarity {
    /// The similarity without reflection that brings `from` nearest to `to` in the least-squares sense (Umeyama 1991,
    /// "Least-squares estimation of transformation parameters between two point patterns"). In two dimensions its
    /// singular value decomposition has a closed form: with both sets centred,
    /// `a = Σ from·to / Σ |from|²` and `b = Σ from×to / Σ |from|²`. `None` when `from` is a single point.
    pub(crate) fn between(from: &[[f32; 2]; 5], to: &[[f32; 2]; 5]) -> Option<Self> {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
        for (f, t) in from.iter().zip(to) {
            let (fx, fy) = (f[0] - from_mean[0], f[1] - from_mean[1]);
            let (tx, ty) = (t[0] - to_mean[0], t[1] - to_mean[1]);
            dot += fx * tx + fy * ty;
            cross += fx * ty - fy * tx;
            square += fx * fx + fy * fy;
        }
        let (a, b) = (dot / square, cross / square);
        let dx = to_mean[0] - (a * from_mean[0] - b * from_mean[1]);
        let dy = to_mean[1] - (b * from_mean[0] + a * from_mean[1]);
        [a, b, dx, dy].iter().all(|number| number.is_finite()).then_some(Self { a, b, dx, dy })
    }

    /// The way back. `None` when everything was brought to one point.
    pub(crate) fn inverse(self) -> Option<Self> {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        let dx = -(a * self.dx - b * self.dy);
        let dy = -(b * self.dx + a * self.dy);
        [a, b, dx, dy].iter().all(|number| number.is_finite()).then_some(Self { a, b, dx, dy })
    }

    /// Where a point goes.
    pub(crate) fn apply(self, x: f32, y: f32) -> (f32, f32) {
        (self.a * x - self.b * y + self.dx, self.b * x + self.a * y + self.dy)
    }

    /// Lengths grow by this.
    pub(crate) fn scale(self) -> f32 {
        self.a.hypot(self.b)
    }
}

fn mean(points: &[[f32; 2]; 5]) -> [f32; 2] {
    [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / 5.0)
}

/// Most samples along each side of a crop's pixel.
const SAMPLES_MAX: u16 = 4;

/// The `size_px` square crop of `picture` in which `landmarks` (in its pixels) lie as near to `template` as a similarity
/// can bring them. What lies outside the picture is black, as in the crops the recognisers were trained on.
///
/// A face larger than the crop is averaged over several bilinear samples a pixel, or fine detail would alias into
/// noise. `None` when the landmarks are one point.
pub(crate) fn crop(
    picture: &Picture,
    landmarks: &Landmarks,
    template: &[[f32; 2]; 5],
    size_px: u32,
) -> Option<Picture> {
    let from = landmarks.map(|PointPx { x, y }| [x, y]);
    let back = Similarity::between(&from, template)?.inverse()?;
    let samples = samples_per_side(back.scale());
    let mut crop = Picture::black(size_px, size_px);
    let stride = rgb_len(size_px, 1);
    for (y, row) in (0_u16..).zip(crop.rgb.chunks_exact_mut(stride)) {
        for (x, pixel) in (0_u16..).zip(row.as_chunks_mut::<3>().0) {
            *pixel = average(picture, back, (f32::from(x), f32::from(y)), samples);
        }
    }
    Some(crop)
}

/// One sample while neighbouring samples are less than about two source pixels apart, since a bilinear sample covers
/// two; more beyond.
fn samples_per_side(scale: f32) -> u16 {
    (2..=SAMPLES_MAX).rev().find(|samples| scale > f32::from(*samples)).unwrap_or(1)
}

/// The mean of `samples × samples` bilinear samples spread evenly over the crop's pixel at `(x, y)`.
fn average(picture: &Picture, back: Similarity, (x, y): (f32, f32), samples: u16) -> [u8; 3] {
    let count = f32::from(samples);
    let place = |index: u16| (f32::from(index) + 0.5) / count - 0.5;
    let mut sums = [0.0; 3];
    for down in 0..samples {
        for across in 0..samples {
            let (from_x, from_y) = back.apply(x + place(across), y + place(down));
            add_sample(picture, from_x, from_y, &mut sums);
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "means of bytes are bytes")]
    sums.map(|sum| (sum / (count * count) + 0.5) as u8)
}

/// Adds the picture's colour at `(x, y)`, which may lie between pixels' centres.
fn add_sample(picture: &Picture, x: f32, y: f32, sums: &mut [f32; 3]) {
    let (column, row) = (below(x), below(y));
    #[expect(
        clippy::cast_precision_loss,
        reason = "inside the picture, where it matters, 17 bits are enough"
    )]
    let (across, down) = (x - column as f32, y - row as f32);
    let upper = pair(picture, column, row);
    let lower = pair(picture, column, row.saturating_add(1));
    for (channel, sum) in sums.iter_mut().enumerate() {
        let between = |pair: [u8; 6]| {
            let (left, right) = (f32::from(pair[channel]), f32::from(pair[channel + 3]));
            left + (right - left) * across
        };
        let (upper, lower) = (between(upper), between(lower));
        *sum += upper + (lower - upper) * down;
    }
}

/// The pixel's index at or below a coordinate; one lower for negative whole numbers, which interpolate to the same.
fn below(coordinate: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and far outside all is black")]
    let towards_zero = coordinate as i32;
    towards_zero.saturating_sub(i32::from(coordinate < 0.0))
}

/// Two neighbours in a row; black where the picture ends.
fn pair(picture: &Picture, column: i32, row: i32) -> [u8; 6] {
    let inside = |index: i32, count: u32| u32::try_from(index).ok().filter(|index| *index < count);
    let Some(row) = inside(row, picture.height) else { return [0; 6] };
    let row = picture.row(row);
    let mut pair = [0; 6];
    if let Some(left) = inside(column, picture.width) {
        let from_left = &row[rgb_len(left, 1)..];
        if let Some(both) = from_left.first_chunk::<6>() {
            return *both;
        }
        pair[..from_left.len()].copy_from_slice(from_left);
    } else if column == -1 {
        pair[3..].copy_from_slice(&row[..3]);
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f32; 2]; 5] = [[2.0, 2.0], [6.0, 2.0], [4.0, 4.0], [2.0, 6.0], [6.0, 6.0]];

    fn landmarks(points: [[f32; 2]; 5]) -> Landmarks {
        points.map(|[x, y]| PointPx { x, y })
    }

    #[test]
    fn a_known_similarity_is_found() {
        // Twice as large, a quarter turn, shifted.
        let turned = SQUARE.map(|[x, y]| [-2.0 * y + 3.0, 2.0 * x - 1.0]);
        let found = Similarity::between(&SQUARE, &turned).unwrap();
        let expected = Similarity { a: 0.0, b: 2.0, dx: 3.0, dy: -1.0 };
        for (found, expected) in
            [(found.a, expected.a), (found.b, expected.b), (found.dx, expected.dx), (found.dy, expected.dy)]
        {
            assert!((found - expected).abs() < 1e-4);
        }
        let (x, y) = found.apply(5.0, 7.0);
        let (x, y) = found.inverse().unwrap().apply(x, y);
        assert!((x - 5.0).abs() < 1e-4 && (y - 7.0).abs() < 1e-4);
    }

    #[test]
    fn one_point_has_no_similarity() {
        assert_eq!(Similarity::between(&[[1.0, 1.0]; 5], &SQUARE), None);
        assert!(crop(&Picture::black(8, 8), &landmarks([[1.0, 1.0]; 5]), &SQUARE, 8).is_none());
    }

    #[test]
    fn landmarks_that_lie_right_give_the_picture_itself() {
        let rgb = (0..8 * 8 * 3).collect();
        let picture = Picture { width: 8, height: 8, rgb };
        assert_eq!(crop(&picture, &landmarks(SQUARE), &SQUARE, 8).unwrap(), picture);
    }

    #[test]
    fn outside_is_black_and_large_faces_are_averaged() {
        let white = Picture { width: 64, height: 64, rgb: vec![200; rgb_len(64, 64)] };
        let away = SQUARE.map(|[x, y]| [x + 500.0, y]);
        assert!(crop(&white, &landmarks(away), &SQUARE, 8).unwrap().rgb.iter().all(|value| *value == 0));
        // Columns of 0 and 200 in turn; each crop pixel covers four of them.
        let stripe = |i: usize| if (i / 3).is_multiple_of(2) { 0 } else { 200 };
        let striped = Picture { rgb: (0..rgb_len(64, 64)).map(stripe).collect(), ..white };
        let large = SQUARE.map(|[x, y]| [x * 4.0, y * 4.0]);
        let grey = crop(&striped, &landmarks(large), &SQUARE, 8).unwrap();
        let inner = &grey.row(4)[9..15];
        assert!(inner.iter().all(|value| (80..=120).contains(value)), "{inner:?}");
    }
}
