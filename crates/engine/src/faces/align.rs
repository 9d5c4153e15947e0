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

    /// The same, to a picture of half the size. A pixel's centre lies half a pixel from its corner at either size, so
    /// that the place `x` becomes `(x + 0.5) / 2 − 0.5`.
    fn to_halves(self) -> Self {
        let halved = |shift: f32| shift / 2.0 - 0.25;
        Self { a: self.a / 2.0, b: self.b / 2.0, dx: halved(self.dx), dy: halved(self.dy) }
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

/// A crop takes one bilinear sample a pixel while neighbouring samples are at most this far apart in the source, since
/// a bilinear sample covers two pixels. Beyond, the face is halved first.
const STEP_PX_MAX: f32 = 2.0;

/// The `size_px` square crop of `picture` in which `landmarks` (in its pixels) lie as near to `template` as a similarity
/// can bring them. What lies outside the picture is black, as in the crops the recognisers were trained on.
///
/// A face much larger than the crop is halved (each pixel the mean of four) until it is at most twice as large, or fine
/// detail would alias into noise. `None` when the landmarks are one point.
pub(crate) fn crop(
    picture: &Picture,
    landmarks: &Landmarks,
    template: &[[f32; 2]; 5],
    size_px: u32,
) -> Option<Picture> {
    let from = landmarks.map(|PointPx { x, y }| [x, y]);
    let back = Similarity::between(&from, template)?.inverse()?;
    if back.scale() <= STEP_PX_MAX {
        return Some(sample(picture, back, size_px));
    }
    let (mut region, mut back) = region(picture, back, size_px);
    while back.scale() > STEP_PX_MAX && region.long_side() > 1 {
        region = halved(&region);
        back = back.to_halves();
    }
    Some(sample(&region, back, size_px))
}

/// The part of `picture` that the crop needs, with a margin for interpolation, and the similarity into that part.
fn region(picture: &Picture, back: Similarity, size_px: u32) -> (Picture, Similarity) {
    let Span { least: (left, top), most: (right, bottom) } = Span::of(back, size_px);
    // Even places, so that halving pairs the same pixels wherever the region begins.
    let begin = |least: f32| bounded(least - back.scale(), u32::MAX) & !1;
    let end = |most: f32, side: u32| bounded(most + back.scale() + 2.0, side);
    let (left, top) = (begin(left).min(picture.width), begin(top).min(picture.height));
    let (right, bottom) = (end(right, picture.width).max(left), end(bottom, picture.height).max(top));
    let mut region = Picture::black(right - left, bottom - top);
    let stride = rgb_len(region.width, 1);
    if stride > 0 {
        for (y, row) in (top..bottom).zip(region.rgb.chunks_exact_mut(stride)) {
            row.copy_from_slice(&picture.row(y)[rgb_len(left, 1)..][..stride]);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
    let back = Similarity { dx: back.dx - left as f32, dy: back.dy - top as f32, ..back };
    (region, back)
}

/// A coordinate as a whole number from 0 to `most`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn bounded(coordinate: f32, most: u32) -> u32 {
    (coordinate as u32).min(most)
}

/// Half the picture: each pixel is the mean of four. A last odd row or column is left out.
fn halved(picture: &Picture) -> Picture {
    let mut half = Picture::black(picture.width / 2, picture.height / 2);
    let stride = rgb_len(half.width, 1).max(1);
    for (y, row) in (0..).zip(half.rgb.chunks_exact_mut(stride)) {
        let (upper, _) = picture.row(2 * y).as_chunks::<6>();
        let (lower, _) = picture.row(2 * y + 1).as_chunks::<6>();
        for ((pixel, upper), lower) in row.as_chunks_mut::<3>().0.iter_mut().zip(upper).zip(lower) {
            for (channel, value) in pixel.iter_mut().enumerate() {
                let of_row = |pair: &[u8; 6]| u16::from(pair[channel]) + u16::from(pair[channel + 3]);
                *value = u8::try_from((of_row(upper) + of_row(lower) + 2) / 4).unwrap_or(u8::MAX);
            }
        }
    }
    half
}

/// Where a crop's pixels lie in its source.
struct Span {
    least: (f32, f32),
    most: (f32, f32),
}

impl Span {
    fn of(back: Similarity, size_px: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "crops are small")]
        let last = size_px.saturating_sub(1) as f32;
        let corners = [(0.0, 0.0), (last, 0.0), (0.0, last), (last, last)].map(|(x, y)| back.apply(x, y));
        let fold = |first: (f32, f32), of: fn(f32, f32) -> f32| {
            corners.into_iter().fold(first, |a, b| (of(a.0, b.0), of(a.1, b.1)))
        };
        Self { least: fold(corners[0], f32::min), most: fold(corners[0], f32::max) }
    }

    /// Whether all of it has four neighbours in `picture`, with a pixel to spare for rounding.
    fn is_within(&self, picture: &Picture) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
        let (width, height) = (picture.width as f32, picture.height as f32);
        self.least.0 >= 1.0
            && self.least.1 >= 1.0
            && self.most.0 <= width - 3.0
            && self.most.1 <= height - 3.0
    }
}

/// One bilinear sample for each pixel of the crop. Most crops lie within the picture, and whether one does is asked once
/// instead of for each pixel.
fn sample(picture: &Picture, back: Similarity, size_px: u32) -> Picture {
    let mut crop = Picture::black(size_px, size_px);
    let stride = rgb_len(size_px, 1).max(1);
    let is_within = Span::of(back, size_px).is_within(picture);
    for (y, row) in (0_u16..).zip(crop.rgb.chunks_exact_mut(stride)) {
        let pixels = (0_u16..).zip(row.as_chunks_mut::<3>().0);
        if is_within {
            pixels.for_each(|(x, pixel)| *pixel = inside(picture, back.apply(x.into(), y.into())));
        } else {
            pixels.for_each(|(x, pixel)| *pixel = anywhere(picture, back.apply(x.into(), y.into())));
        }
    }
    crop
}

/// Parts between two pixels that are told apart: with two factors of it, a byte's product still fits 32 bits.
const PARTS: u32 = 1 << 11;

/// The colour between four neighbours, in fixed point: rows of two pixels, and the place between them.
fn between(upper: [u8; 6], lower: [u8; 6], across: f32, down: f32) -> [u8; 3] {
    #[expect(clippy::cast_precision_loss, reason = "a small power of two")]
    let parts = |fraction: f32| bounded(fraction * PARTS as f32 + 0.5, PARTS);
    let (right, below) = (parts(across), parts(down));
    let (left, above) = (PARTS - right, PARTS - below);
    std::array::from_fn(|channel| {
        let row = |pair: [u8; 6]| u32::from(pair[channel]) * left + u32::from(pair[channel + 3]) * right;
        let sum = row(upper) * above + row(lower) * below + PARTS * PARTS / 2;
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
        let value = (sum / (PARTS * PARTS)) as u8;
        value
    })
}

/// The picture's colour at a point that has four neighbours, and at least one pixel right of them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the point lies inside, so that both coordinates are positive and have at most 17 bits"
)]
fn inside(picture: &Picture, (x, y): (f32, f32)) -> [u8; 3] {
    let (column, row) = (x as u32, y as u32);
    let stride = rgb_len(picture.width, 1);
    let at = row as usize * stride + rgb_len(column, 1);
    let pair = |at: usize| picture.rgb[at..].first_chunk::<6>().copied().unwrap_or_default();
    between(pair(at), pair(at + stride), x - column as f32, y - row as f32)
}

/// The picture's colour at a point, black where there is no picture.
fn anywhere(picture: &Picture, (x, y): (f32, f32)) -> [u8; 3] {
    let (column, row) = (below(x), below(y));
    #[expect(
        clippy::cast_precision_loss,
        reason = "inside the picture, where it matters, 17 bits are enough"
    )]
    let (across, down) = (x - column as f32, y - row as f32);
    between(pair(picture, column, row), pair(picture, column, row.saturating_add(1)), across, down)
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
    } else if column == -1 && picture.width > 0 {
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
