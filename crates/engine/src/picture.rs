//! Pixels in memory.

use crate::PhotoError;

/// An 8-bit RGB picture without gaps between its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Pixels per row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// `height × width × 3` bytes: red, green, blue.
    pub(crate) rgb: Vec<u8>,
}

impl Picture {
    /// A black picture.
    pub(crate) fn black(width: u32, height: u32) -> Self {
        Self { width, height, rgb: vec![0; rgb_len(width, height)] }
    }

    /// The picture as a mirror shows it.
    pub(crate) fn mirrored(&self) -> Self {
        let mut mirrored = self.clone();
        let (pixels, _) = mirrored.rgb.as_chunks_mut::<3>();
        pixels.chunks_exact_mut(self.width.max(1) as usize).for_each(<[[u8; 3]]>::reverse);
        mirrored
    }

    /// The longer of its sides, in pixels.
    pub(crate) fn long_side(&self) -> u32 {
        self.width.max(self.height)
    }

    /// The bytes of row `y`.
    pub(crate) fn row(&self, y: u32) -> &[u8] {
        let stride = rgb_len(self.width, 1);
        &self.rgb[y as usize * stride..][..stride]
    }
}

/// Bytes of an RGB picture of this size.
pub(crate) fn rgb_len(width: u32, height: u32) -> usize {
    width as usize * height as usize * 3
}

/// The size of a `width × height` picture scaled so that its longer side becomes `long_side`; no side becomes zero.
pub(crate) fn fit(width: u32, height: u32, long_side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(long_side) + longest / 2) / longest;
        u32::try_from(rounded).unwrap_or(long_side).max(1)
    };
    (scaled(width), scaled(height))
}

/// Resizes pictures with SIMD; keeps its buffers between calls.
#[derive(Default)]
pub(crate) struct Resizer {
    inner: fast_image_resize::Resizer,
}

impl Resizer {
    /// `source` at another size. Shrinking averages over all source pixels (a triangle filter scaled to the ratio), so
    /// nothing aliases; enlarging is bilinear.
    pub(crate) fn resize(
        &mut self,
        source: &Picture,
        width: u32,
        height: u32,
    ) -> Result<Picture, PhotoError> {
        let mut target = Picture::black(width, height);
        self.resize_into(source, &mut target)?;
        Ok(target)
    }

    /// As [`Self::resize`], to the size and into the memory of `target`.
    pub(crate) fn resize_into(&mut self, source: &Picture, target: &mut Picture) -> Result<(), PhotoError> {
        use fast_image_resize::images::{TypedImage, TypedImageRef};
        use fast_image_resize::pixels::U8x3;
        use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};

        // Typed, so that the compiler makes this one kind of pixel: all kinds take it minutes.
        let from = TypedImageRef::<U8x3>::from_buffer(source.width, source.height, &source.rgb);
        let from = from.map_err(PhotoError::internal)?;
        let into = TypedImage::<U8x3>::from_buffer(target.width, target.height, &mut target.rgb);
        let mut into = into.map_err(PhotoError::internal)?;
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.inner.resize_typed(&from, &mut into, &options).map_err(PhotoError::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitting_keeps_the_shape_and_never_gives_zero() {
        assert_eq!(fit(6000, 4000, 2048), (2048, 1365));
        assert_eq!(fit(4000, 6000, 640), (427, 640));
        assert_eq!(fit(60_000, 10, 2048), (2048, 1));
        assert_eq!(fit(1, 1, 640), (640, 640));
    }

    #[test]
    fn a_flat_picture_stays_flat_at_any_size() {
        let source = Picture { width: 7, height: 5, rgb: [10, 20, 30].repeat(35) };
        let target = Resizer::default().resize(&source, 20, 3).unwrap();
        assert_eq!(target.rgb, [10, 20, 30].repeat(60));
    }
}
