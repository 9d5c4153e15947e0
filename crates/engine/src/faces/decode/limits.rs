//! Limits on pictures, checked on the header before memory for pixels exists.

use crate::PhotoError;

/// What a header says of a picture, and what its format may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announced {
    /// Width in pixels.
    pub(crate) width_px: u32,
    /// Height in pixels.
    pub(crate) height_px: u32,
    /// Most millions of pixels for this format.
    pub(crate) megapixels_max: u32,
}

/// Sequential JPEG is decoded at a reduced scale, row by row, so even the largest cameras' files are cheap.
pub(crate) const JPEG_MEGAPIXELS_MAX: u32 = 120;
/// Progressive JPEG keeps all coefficients in memory, up to six bytes a pixel.
pub(crate) const PROGRESSIVE_MEGAPIXELS_MAX: u32 = 64;
/// PNG and WebP are decoded whole.
pub(crate) const WHOLE_MEGAPIXELS_MAX: u32 = 50;
/// Pictures whose opacity counts are decoded whole, and once more as four bytes a pixel.
pub(crate) const RGBA_MEGAPIXELS_MAX: u32 = 24;
/// Longest side of any picture: the largest that libjpeg reads (`JPEG_MAX_DIMENSION`).
pub(crate) const SIDE_PX_MAX: u32 = 65_500;
/// Most progressive scans: ordinary files have about ten, files made to waste time have thousands.
pub(crate) const SCANS_MAX: u32 = 100;
/// Most bytes that a whole decoded picture may take, whatever its bit depth.
pub(crate) const DECODED_BYTES_MAX: u64 = 256 << 20;
/// From this many bytes of decoder memory on, one photo at a time.
pub(crate) const HUGE_BYTES: u64 = 96 << 20;

impl Announced {
    /// Passes a picture that may be decoded.
    ///
    /// # Errors
    /// [`PhotoError::Damaged`] when a side is zero, [`PhotoError::TooManyPixels`] when it is too large.
    pub(crate) fn check(self) -> Result<(), PhotoError> {
        if self.width_px == 0 || self.height_px == 0 {
            return Err(PhotoError::damaged("the header announces a picture without pixels"));
        }
        let side_max = self.width_px.max(self.height_px);
        if side_max > SIDE_PX_MAX || self.pixels() > u64::from(self.megapixels_max) * 1_000_000 {
            return Err(self.too_many());
        }
        Ok(())
    }

    /// How many pixels there are.
    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width_px) * u64::from(self.height_px)
    }

    /// The error that names the limit.
    pub(crate) fn too_many(self) -> PhotoError {
        let Self { width_px, height_px, megapixels_max } = self;
        PhotoError::TooManyPixels { width_px, height_px, megapixels_max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_on_pixels_and_on_sides() {
        let check = |width_px, height_px| Announced { width_px, height_px, megapixels_max: 50 }.check();
        assert!(check(10_000, 5_000).is_ok());
        assert_eq!(check(10_001, 5_000).unwrap_err().code(), "too_many_pixels");
        assert_eq!(check(65_501, 1).unwrap_err().code(), "too_many_pixels");
        assert_eq!(check(u32::MAX, u32::MAX).unwrap_err().code(), "too_many_pixels");
        assert_eq!(check(0, 5).unwrap_err().code(), "damaged");
    }
}
