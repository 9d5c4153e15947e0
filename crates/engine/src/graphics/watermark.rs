//! A line of text and a logo, drawn over a photo.
//!
//! ## Why
//! - The text is white on a soft shadow, so that it can be read on any photo.
//! - Sizes are shares of the photo's shorter side: the mark looks alike on all photos, upright and across.

use domain::{Corner, Rendition};

use super::ROOM;
use super::image::{Rgba, read, resized};
use super::text::{Mask, line, pixels};
use crate::PhotoError;
use crate::engine::fenced;
use crate::faces::decode::decode;
use crate::faces::renditions::encode;
use crate::picture::{Picture, Resizer, rgb_len};

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark<'a> {
    /// A line of text.
    pub text: Option<&'a str>,
    /// A logo: the file that [`super::logo`] made.
    pub logo: Option<&'a [u8]>,
    /// Where.
    pub corner: Corner,
    /// How much of the photo it covers: 0 to 1.
    pub opacity: f32,
}

/// Distance from the photo's edges, as a share of its shorter side; so are the next ones.
const MARGIN: f32 = 0.03;
const TEXT_HEIGHT: f32 = 0.05;
const LOGO_HEIGHT: f32 = 0.1;
/// A logo's width, as a share of the photo's; in the centre twice that.
const LOGO_WIDTH: f32 = 0.3;
/// In the centre all is so much larger.
const CENTRE: f32 = 2.0;
/// How dark the shadow of the text is at most.
const SHADOW: f32 = 0.6;
/// The picture on which marks are shown where there is no photo yet.
const PLAIN: (u32, u32, u8) = (1600, 1067, 128);

/// Something to draw, and its size.
enum Piece {
    Logo(Rgba),
    Text(Mask),
}

/// `photo`, which is a preview, with the mark drawn over it, as a JPEG; without a photo a plain grey picture.
///
/// # Errors
/// When the photo or the logo cannot be read.
pub fn mark(photo: Option<&[u8]>, mark: &Mark<'_>) -> Result<Vec<u8>, PhotoError> {
    fenced(|| {
        let mut picture = match photo {
            Some(bytes) => {
                decode(bytes, Rendition::PREVIEW_LONG_SIDE_PX, &ROOM, &mut Resizer::default())?.picture
            }
            None => plain(),
        };
        draw(&mut picture, mark)?;
        encode(&picture)
    })
}

fn plain() -> Picture {
    let (width, height, grey) = PLAIN;
    Picture { width, height, rgb: vec![grey; rgb_len(width, height)] }
}

#[expect(clippy::cast_precision_loss, reason = "sides of pictures are below 65 500")]
fn draw(picture: &mut Picture, mark: &Mark<'_>) -> Result<(), PhotoError> {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let unit = width.min(height) * if mark.corner == Corner::Centre { CENTRE } else { 1.0 };
    let margin = width.min(height) * MARGIN;
    let mut pieces = Vec::new();
    if let Some(bytes) = mark.logo {
        let share = if mark.corner == Corner::Centre { LOGO_WIDTH * CENTRE } else { LOGO_WIDTH };
        pieces.push(Piece::Logo(fitted(&read(bytes)?, width * share, unit * LOGO_HEIGHT)?));
    }
    let taken: f32 = pieces.iter().map(|piece| piece.size().0 as f32 + margin / 2.0).sum();
    if let Some(text) = mark.text {
        let room = (width - taken - 2.0 * margin).max(1.0);
        pieces.push(Piece::Text(line(text, unit * TEXT_HEIGHT, room)?));
    }
    let gap = pixels(margin / 2.0);
    let sizes = pieces.iter().map(Piece::size);
    let total = sizes.fold((0, 0), |(w, h), (width, height)| (w + width + gap, h.max(height)));
    let total = (total.0.saturating_sub(gap), total.1);
    let (mut left, top) = place(picture, total, pixels(margin), mark.corner);
    for piece in &pieces {
        let (width, height) = piece.size();
        piece.draw(picture, left, top + (total.1 - height) / 2, mark.opacity);
        left += width + gap;
    }
    Ok(())
}

/// The logo, as large as fits.
#[expect(clippy::cast_precision_loss, reason = "sides of logos are below 801")]
fn fitted(logo: &Rgba, width_max: f32, height_max: f32) -> Result<Rgba, PhotoError> {
    let scale = (width_max / logo.width as f32).min(height_max / logo.height as f32);
    let side = |side: u32| u32::try_from(pixels(side as f32 * scale)).unwrap_or(1);
    resized(logo, side(logo.width), side(logo.height))
}

/// Where something of this size begins.
fn place(picture: &Picture, size: (usize, usize), margin: usize, corner: Corner) -> (usize, usize) {
    let (right, bottom) = (
        (picture.width as usize).saturating_sub(size.0 + margin),
        (picture.height as usize).saturating_sub(size.1 + margin),
    );
    match corner {
        Corner::TopLeft => (margin, margin),
        Corner::TopRight => (right, margin),
        Corner::BottomLeft => (margin, bottom),
        Corner::BottomRight => (right, bottom),
        Corner::Centre => (right.saturating_add(margin) / 2, bottom.saturating_add(margin) / 2),
    }
}

impl Piece {
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Logo(logo) => (logo.width as usize, logo.height as usize),
            Self::Text(mask) => (mask.width, mask.height),
        }
    }

    fn draw(&self, picture: &mut Picture, left: usize, top: usize, opacity: f32) {
        match self {
            Self::Logo(logo) => draw_logo(picture, logo, left, top, opacity),
            Self::Text(mask) => {
                let radius = (mask.height / 12).max(1);
                let shadow = mask.padded(2 * radius).blurred(radius).blurred(radius);
                let (x, y) = (left.wrapping_sub(2 * radius), top.wrapping_sub(2 * radius));
                // Spread thin by the blur, it is made darker again.
                draw_mask(picture, &shadow, (x, y), 0, |covered| (covered * 2.0).min(1.0) * SHADOW * opacity);
                draw_mask(picture, mask, (left, top), 255, |covered| covered * opacity);
            }
        }
    }
}

fn draw_logo(picture: &mut Picture, logo: &Rgba, left: usize, top: usize, opacity: f32) {
    let (pixels, _) = logo.pixels.as_chunks::<4>();
    for (index, [red, green, blue, alpha]) in pixels.iter().enumerate() {
        let (x, y) = (index % logo.width as usize, index / logo.width as usize);
        blend(picture, (left + x, top + y), [*red, *green, *blue], f32::from(*alpha) / 255.0 * opacity);
    }
}

fn draw_mask(
    picture: &mut Picture,
    mask: &Mask,
    (left, top): (usize, usize),
    grey: u8,
    alpha: impl Fn(f32) -> f32,
) {
    for (index, covered) in mask.coverage.iter().enumerate().filter(|(_, covered)| **covered > 0.0) {
        let (x, y) = (index % mask.width, index / mask.width);
        blend(picture, (left.wrapping_add(x), top.wrapping_add(y)), [grey; 3], alpha(*covered));
    }
}

/// Lays a colour over a pixel; what lies outside of the picture is left out.
fn blend(picture: &mut Picture, (x, y): (usize, usize), colour: [u8; 3], alpha: f32) {
    if x >= picture.width as usize || y >= picture.height as usize {
        return;
    }
    let at = (y * picture.width as usize + x) * 3;
    for (below, above) in picture.rgb[at..at + 3].iter_mut().zip(colour) {
        let mixed = f32::from(*below) + (f32::from(above) - f32::from(*below)) * alpha.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let mixed = mixed.round() as u8;
        *below = mixed;
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder as _};

    use super::*;

    fn grey(width: u32, height: u32) -> Picture {
        Picture { width, height, rgb: vec![128; rgb_len(width, height)] }
    }

    /// The smallest box around all pixels that the mark changed: left, top, right, bottom; `None` when none did.
    fn changed(picture: &Picture) -> Option<(usize, usize, usize, usize)> {
        let width = picture.width as usize;
        let (pixels, _) = picture.rgb.as_chunks::<3>();
        let places = pixels.iter().enumerate().filter(|(_, pixel)| **pixel != [128; 3]);
        places.map(|(at, _)| (at % width, at / width)).fold(None, |bounds, (x, y)| {
            let (l, t, r, b) = bounds.unwrap_or((x, y, x, y));
            Some((l.min(x), t.min(y), r.max(x), b.max(y)))
        })
    }

    fn red_logo() -> Vec<u8> {
        let mut file = Vec::new();
        let pixels = [255, 0, 0, 255].repeat(20 * 10);
        PngEncoder::new(&mut file).write_image(&pixels, 20, 10, ExtendedColorType::Rgba8).unwrap();
        file
    }

    #[test]
    fn the_mark_stands_in_its_corner_with_a_margin() {
        let logo = red_logo();
        for (corner, at_left, at_top) in [
            (Corner::TopLeft, Some(true), Some(true)),
            (Corner::TopRight, Some(false), Some(true)),
            (Corner::BottomLeft, Some(true), Some(false)),
            (Corner::BottomRight, Some(false), Some(false)),
            (Corner::Centre, None, None),
        ] {
            for (text, logo) in [(Some("Gala"), None), (None, Some(&*logo)), (Some("Gala"), Some(&*logo))] {
                let mut picture = grey(900, 600);
                draw(&mut picture, &Mark { text, logo, corner, opacity: 0.6 }).unwrap();
                let (left, top, right, bottom) = changed(&picture).unwrap();
                assert!(left >= 10 && top >= 10 && right < 890 && bottom < 590, "{corner:?} {text:?}");
                match at_left {
                    Some(true) => assert!(right < 450, "{corner:?} {text:?}"),
                    Some(false) => assert!(left > 450, "{corner:?} {text:?}"),
                    None => assert!(left.abs_diff(899 - right) < 20, "{corner:?} {text:?} {left} {right}"),
                }
                match at_top {
                    Some(true) => assert!(bottom < 300, "{corner:?} {text:?}"),
                    Some(false) => assert!(top > 300, "{corner:?} {text:?}"),
                    None => assert!(top.abs_diff(599 - bottom) < 30, "{corner:?} {text:?} {top} {bottom}"),
                }
            }
        }
    }

    #[test]
    fn opacity_says_how_much_shines_through() {
        let logo = red_logo();
        let most_red = |opacity| {
            let mut picture = grey(900, 600);
            let mark = Mark { text: None, logo: Some(&logo), corner: Corner::TopLeft, opacity };
            draw(&mut picture, &mark).unwrap();
            picture.rgb.as_chunks::<3>().0.iter().map(|[red, ..]| *red).max().unwrap()
        };
        assert_eq!((most_red(1.0), most_red(0.5)), (255, 192));
    }

    #[test]
    fn text_can_be_read_on_white_and_on_black_and_always_fits() {
        for (background, sign) in [(255, -1), (0, 1)] {
            let mut picture = Picture { rgb: vec![background; rgb_len(600, 900)], ..grey(600, 900) };
            let text = Some("A rather long line of text that says whose photos these are, 2026");
            draw(&mut picture, &Mark { text, logo: None, corner: Corner::BottomRight, opacity: 0.8 })
                .unwrap();
            let differ =
                picture.rgb.iter().filter(|byte| (i32::from(**byte) - i32::from(background)) * sign > 60);
            assert!(differ.count() > 300, "on {background}");
        }
    }

    #[test]
    fn small_photos_and_no_photo_at_all() {
        let mut tiny = grey(3, 2);
        draw(
            &mut tiny,
            &Mark { text: Some("Gala"), logo: Some(&red_logo()), corner: Corner::Centre, opacity: 1.0 },
        )
        .unwrap();
        let shown =
            mark(None, &Mark { text: Some("Gala"), logo: None, corner: Corner::Centre, opacity: 1.0 });
        let shown = decode(&shown.unwrap(), 1600, &ROOM, &mut Resizer::default()).unwrap();
        assert_eq!((shown.width_px, shown.height_px), (PLAIN.0, PLAIN.1));
        let broken = Mark { text: None, logo: Some(b"x"), corner: Corner::Centre, opacity: 1.0 };
        assert!(mark(None, &broken).is_err() && mark(Some(b"\xFF\xD8\xFF"), &broken).is_err());
    }
}
