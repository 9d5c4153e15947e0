//! A line of text as a mask.
//!
//! ## Why
//! - Ubuntu Light covers Latin, Greek and Cyrillic; what it lacks is left out. Nothing is shaped, so scripts that need it
//!   look as their single letters do.

use ab_glyph::{Font as _, FontRef, OutlinedGlyph, PxScale, ScaleFont as _, point};

use crate::PhotoError;

/// How much of each pixel is covered, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mask {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) coverage: Vec<f32>,
}

/// `text`, so high, or lower where it would be wider than `width_max`.
pub(super) fn line(text: &str, height_px: f32, width_max: f32) -> Result<Mask, PhotoError> {
    let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).map_err(PhotoError::internal)?;
    let (_, width) = glyphs(&font, text, height_px);
    let height_px = if width > width_max { height_px * width_max / width } else { height_px };
    let (glyphs, width) = glyphs(&font, text, height_px);
    let mut mask = Mask::empty(pixels(width), pixels(height_px));
    for glyph in glyphs {
        let bounds = glyph.px_bounds();
        glyph.draw(|x, y, covered| {
            let (x, y) = (f64::from(bounds.min.x) + f64::from(x), f64::from(bounds.min.y) + f64::from(y));
            mask.cover(x, y, covered);
        });
    }
    Ok(mask)
}

/// The glyphs, each at its place, and how wide they are together.
fn glyphs(font: &FontRef<'_>, text: &str, height_px: f32) -> (Vec<OutlinedGlyph>, f32) {
    let scale = PxScale::from(height_px);
    let scaled = font.as_scaled(scale);
    let (mut glyphs, mut at, mut last) = (Vec::new(), 0.0, None);
    for id in text.chars().map(|letter| font.glyph_id(letter)).filter(|id| id.0 != 0) {
        at += last.map_or(0.0, |last| scaled.kern(last, id));
        let glyph = id.with_scale_and_position(scale, point(at, scaled.ascent()));
        at += scaled.h_advance(id);
        last = Some(id);
        glyphs.extend(font.outline_glyph(glyph));
    }
    (glyphs, at)
}

/// Whole pixels, at least one, at most what a picture may have.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is kept within what fits")]
pub(super) fn pixels(length: f32) -> usize {
    length.ceil().clamp(1.0, 65_500.0) as usize
}

impl Mask {
    pub(super) fn empty(width: usize, height: usize) -> Self {
        Self { width, height, coverage: vec![0.0; width * height] }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked to be inside")]
    fn cover(&mut self, x: f64, y: f64, covered: f32) {
        if x < 0.0 || y < 0.0 || x as usize >= self.width || y as usize >= self.height {
            return;
        }
        let pixel = &mut self.coverage[y as usize * self.width + x as usize];
        *pixel = (*pixel + covered).min(1.0);
    }

    /// The mask with `margin` empty pixels all around.
    pub(super) fn padded(&self, margin: usize) -> Self {
        let mut padded = Self::empty(self.width + 2 * margin, self.height + 2 * margin);
        for y in 0..self.height {
            let row = &self.coverage[y * self.width..][..self.width];
            padded.coverage[(y + margin) * padded.width + margin..][..self.width].copy_from_slice(row);
        }
        padded
    }

    /// The mean over a square of `2 × radius + 1` pixels around each.
    pub(super) fn blurred(&self, radius: usize) -> Self {
        self.averaged_in_rows(radius).transposed().averaged_in_rows(radius).transposed()
    }

    fn averaged_in_rows(&self, radius: usize) -> Self {
        let mut averaged = Self::empty(self.width, self.height);
        let rows = self.coverage.chunks(self.width).zip(averaged.coverage.chunks_mut(self.width));
        for (row, into) in rows {
            for (x, pixel) in into.iter_mut().enumerate() {
                let near = &row[x.saturating_sub(radius)..(x + radius + 1).min(row.len())];
                #[expect(clippy::cast_precision_loss, reason = "a radius is small")]
                let count = (2 * radius + 1) as f32;
                *pixel = near.iter().sum::<f32>() / count;
            }
        }
        averaged
    }

    fn transposed(&self) -> Self {
        let mut turned = Self::empty(self.height, self.width);
        for y in 0..self.height {
            for x in 0..self.width {
                turned.coverage[x * self.height + y] = self.coverage[y * self.width + x];
            }
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_covers_some_pixels_and_fits() {
        let line_of = |text: &str, width_max| line(text, 40.0, width_max).unwrap();
        let mask = line_of("© Gala d’été 2026 — Łódź", 10_000.0);
        assert_eq!(mask.height, 40);
        let covered = mask.coverage.iter().filter(|covered| **covered > 0.5).count();
        assert!(covered > 500 && covered < mask.coverage.len() / 2, "{covered} of {}", mask.coverage.len());
        let narrow = line_of("© Gala d’été 2026 — Łódź", 100.0);
        assert!(narrow.width <= 101 && narrow.height < 40, "{} × {}", narrow.width, narrow.height);
        assert_eq!(line_of("😀", 100.0), Mask::empty(1, 40), "what the font lacks is left out");
    }

    #[test]
    fn blurring_spreads_and_keeps_the_sum() {
        let mut mask = Mask::empty(1, 1);
        mask.coverage[0] = 1.0;
        let blurred = mask.padded(3).blurred(1);
        assert_eq!((blurred.width, blurred.height), (7, 7));
        let sum: f32 = blurred.coverage.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5 && blurred.coverage[3 * 7 + 4] > 0.1, "{sum}");
    }
}
