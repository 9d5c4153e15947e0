//! Fitting a picture into a detector's input.

use crate::PhotoError;
use crate::pack::{ChannelOrder, Normalisation};
use crate::picture::{Picture, Resizer, fit};

/// Detectors halve their input five times, so its sides are multiples of this.
const SIDE_MULTIPLE: u32 = 32;

/// Where a picture lies in the detector's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letterbox {
    /// Width of the input, a multiple of 32.
    pub(crate) width: u32,
    /// Height of the input, a multiple of 32.
    pub(crate) height: u32,
    /// Size of the picture within.
    inner: (u32, u32),
    /// Top left corner of the picture within.
    offset: (u32, u32),
}

impl Letterbox {
    /// A `width × height` picture scaled (up or down) to `long_side`, in the top left corner. Filled up to multiples of
    /// 32 and not to a square: a 3:2 photo costs a third less that way.
    pub(crate) fn tight(width: u32, height: u32, long_side: u32) -> Self {
        let inner = fit(width, height, long_side);
        let padded = |side: u32| side.next_multiple_of(SIDE_MULTIPLE);
        Self { width: padded(inner.0), height: padded(inner.1), inner, offset: (0, 0) }
    }

    /// A picture of half that size in the middle of a border. A face that fills the frame is larger than anything the
    /// detector was trained on, and its outline is cut off; the border brings both back.
    pub(crate) fn bordered(width: u32, height: u32, long_side: u32) -> Self {
        let inner = fit(width, height, long_side / 2);
        let canvas = Self::tight(width, height, long_side);
        let centred = |outer: u32, inner: u32| (outer - inner.min(outer)) / 2;
        let offset = (centred(canvas.width, inner.0), centred(canvas.height, inner.1));
        Self { inner, offset, ..canvas }
    }

    /// Shape of the input tensor.
    pub(crate) fn shape(&self) -> [usize; 4] {
        [1, 3, self.height as usize, self.width as usize]
    }

    /// Factors from input pixels to those of a `width × height` picture, and the offset before them.
    pub(crate) fn back(&self, width: u32, height: u32) -> Back {
        #[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
        let ratio = |outer: u32, inner: u32| outer as f32 / inner as f32;
        #[expect(clippy::cast_precision_loss, reason = "offsets are below the detector's long side")]
        let offset = (self.offset.0 as f32, self.offset.1 as f32);
        Back { scale: (ratio(width, self.inner.0), ratio(height, self.inner.1)), offset }
    }

    /// Fills `planes` (shape [`Self::shape`]) with the picture. `scratch` keeps its memory between calls.
    pub(crate) fn fill(
        &self,
        picture: &Picture,
        resizer: &mut Resizer,
        normalisation: Normalisation,
        scratch: &mut Scratch,
    ) -> Result<(), PhotoError> {
        scratch.small.width = self.inner.0;
        scratch.small.height = self.inner.1;
        scratch.small.rgb.resize(crate::picture::rgb_len(self.inner.0, self.inner.1), 0);
        resizer.resize_into(picture, &mut scratch.small)?;
        scratch.planes.clear();
        let blank = (0.0 - normalisation.mean) / normalisation.scale;
        scratch.planes.resize(self.shape().iter().product(), blank);
        for y in 0..self.inner.1 {
            let at = (y + self.offset.1) as usize * self.width as usize + self.offset.0 as usize;
            let plane_len = self.width as usize * self.height as usize;
            write_row(scratch.small.row(y), normalisation, &mut scratch.planes, at, plane_len);
        }
        Ok(())
    }
}

/// Memory for a detector's input.
#[derive(Debug)]
pub(crate) struct Scratch {
    small: Picture,
    /// The input: three planes.
    pub(crate) planes: Vec<f32>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { small: Picture::black(0, 0), planes: Vec::new() }
    }
}

/// The way back from input pixels to the picture's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Back {
    scale: (f32, f32),
    offset: (f32, f32),
}

impl Back {
    /// A point.
    pub(crate) fn point(&self, x: f32, y: f32) -> (f32, f32) {
        ((x - self.offset.0) * self.scale.0, (y - self.offset.1) * self.scale.1)
    }

    /// A width and a height.
    pub(crate) fn extent(&self, width: f32, height: f32) -> (f32, f32) {
        (width * self.scale.0, height * self.scale.1)
    }
}

/// Writes one row of pixels at `at` in each of three planes that follow each other at `plane_len`.
pub(crate) fn write_row(
    row: &[u8],
    normalisation: Normalisation,
    planes: &mut [f32],
    at: usize,
    plane_len: usize,
) {
    let Normalisation { channels, mean, scale } = normalisation;
    let factor = 1.0 / scale;
    let (pixels, _) = row.as_chunks::<3>();
    for plane in 0..3 {
        let channel = match channels {
            ChannelOrder::Rgb => plane,
            ChannelOrder::Bgr => 2 - plane,
        };
        let target = &mut planes[plane * plane_len + at..][..pixels.len()];
        for (value, pixel) in target.iter_mut().zip(pixels) {
            *value = (f32::from(pixel[channel]) - mean) * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Normalisation = Normalisation { channels: ChannelOrder::Bgr, mean: 0.0, scale: 1.0 };

    #[test]
    fn sides_are_multiples_of_32() {
        let check = |width, height, expected| {
            let Letterbox { width, height, .. } = Letterbox::tight(width, height, 640);
            assert_eq!((width, height), expected);
        };
        check(6000, 4000, (640, 448));
        check(100, 100, (640, 640));
        check(60_000, 10, (640, 32));
        check(1, 20_000, (32, 640));
    }

    #[test]
    fn points_find_their_way_back() {
        let check = |letterbox: Letterbox, at: (f32, f32), expected: (f32, f32)| {
            let (x, y) = letterbox.back(600, 400).point(at.0, at.1);
            assert!((x - expected.0).abs() < 1e-3 && (y - expected.1).abs() < 1e-3, "{x}, {y}");
        };
        check(Letterbox::tight(600, 400, 300), (150.0, 100.0), (300.0, 200.0));
        // A canvas of 320 × 224 with a picture of 150 × 100 in its middle.
        check(Letterbox::bordered(600, 400, 300), (85.0, 62.0), (0.0, 0.0));
        check(Letterbox::bordered(600, 400, 300), (235.0, 162.0), (600.0, 400.0));
    }

    #[test]
    fn planes_hold_the_picture_and_blank() {
        let picture = Picture { width: 1, height: 2, rgb: vec![1, 2, 3, 1, 2, 3] };
        let letterbox = Letterbox::tight(1, 2, 2);
        let mut scratch = Scratch::default();
        letterbox.fill(&picture, &mut Resizer::default(), PLAIN, &mut scratch).unwrap();
        assert_eq!(scratch.planes.len(), 3 * 32 * 32);
        let value = |plane: usize, x: usize, y: usize| scratch.planes[plane * 1024 + y * 32 + x];
        for (found, expected) in
            [(value(0, 0, 1), 3.0), (value(1, 0, 1), 2.0), (value(2, 0, 1), 1.0), (value(0, 1, 0), 0.0)]
        {
            assert!((found - expected).abs() < 1e-6_f32, "{found} is not {expected}");
        }
    }
}
