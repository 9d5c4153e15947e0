//! PNG and WebP, decoded whole by the `image` crate. Of an animation, the first picture counts.

use std::io::{Cursor, ErrorKind};

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, Limits};

use super::exif::Metadata;
use super::limits::{self, Announced};
use super::{Raw, Room, Turned};
use crate::PhotoError;
use crate::picture::Picture;

/// Decodes a PNG file.
///
/// # Errors
/// See [`PhotoError`].
pub(super) fn decode_png<'room>(bytes: &[u8], room: &'room Room) -> Result<Raw<'room>, PhotoError> {
    announced_by_png(bytes)?.check()?;
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(limits::DECODED_BYTES_MAX);
    decode(PngDecoder::with_limits(Cursor::new(bytes), bounds).map_err(refusal)?, room)
}

/// Decodes a WebP file.
///
/// # Errors
/// See [`PhotoError`].
pub(super) fn decode_webp<'room>(bytes: &[u8], room: &'room Room) -> Result<Raw<'room>, PhotoError> {
    decode(WebPDecoder::new(Cursor::new(bytes)).map_err(refusal)?, room)
}

/// Decodes either with its opacity.
///
/// # Errors
/// See [`PhotoError`].
pub(super) fn decode_rgba(bytes: &[u8], room: &Room) -> Result<Turned, PhotoError> {
    let announced = |(width_px, height_px)| Announced {
        width_px,
        height_px,
        megapixels_max: limits::RGBA_MEGAPIXELS_MAX,
    };
    if bytes.starts_with(b"RIFF") {
        let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refusal)?;
        return whole(announced(decoder.dimensions()), decoder, room);
    }
    let Announced { width_px, height_px, .. } = announced_by_png(bytes)?;
    announced((width_px, height_px)).check()?;
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(limits::DECODED_BYTES_MAX);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), bounds).map_err(refusal)?;
    whole(announced(decoder.dimensions()), decoder, room)
}

fn whole(announced: Announced, mut decoder: impl ImageDecoder, room: &Room) -> Result<Turned, PhotoError> {
    announced.check()?;
    let decoded_bytes = decoder.total_bytes();
    if decoded_bytes > limits::DECODED_BYTES_MAX {
        return Err(announced.too_many());
    }
    let orientation = Metadata::read(decoder.exif_metadata().ok().flatten()).orientation.unwrap_or_default();
    let _turn = room.turn(decoded_bytes + announced.pixels() * 4);
    let rgba = DynamicImage::from_decoder(decoder).map_err(refusal)?.into_rgba8();
    let (width, height) = rgba.dimensions();
    Ok(Turned { width, height, rgba: rgba.into_raw(), orientation })
}

fn decode(mut decoder: impl ImageDecoder, room: &Room) -> Result<Raw<'_>, PhotoError> {
    let (width_px, height_px) = decoder.dimensions();
    let announced = announced(width_px, height_px);
    announced.check()?;
    let decoded_bytes = decoder.total_bytes();
    if decoded_bytes > limits::DECODED_BYTES_MAX {
        return Err(announced.too_many());
    }
    let metadata = Metadata::read(decoder.exif_metadata().ok().flatten());
    let colour = decoder.color_type();
    let turn = room.turn(decoded_bytes);
    let mut pixels = vec![0; usize::try_from(decoded_bytes).map_err(PhotoError::internal)?];
    decoder.read_image(&mut pixels).map_err(refusal)?;
    let rgb = to_rgb8(pixels, colour)?;
    Ok(Raw {
        picture: Picture { width: width_px, height: height_px, rgb },
        width_px,
        height_px,
        metadata,
        turn,
    })
}

fn announced(width_px: u32, height_px: u32) -> Announced {
    Announced { width_px, height_px, megapixels_max: limits::WHOLE_MEGAPIXELS_MAX }
}

/// The size in a PNG's first chunk, which always lies at the same place (PNG specification, 11.2.2). The decoder would
/// check its own limits first and could not say by how much they are exceeded.
fn announced_by_png(bytes: &[u8]) -> Result<Announced, PhotoError> {
    let number = |at| bytes.get(at..at + 4).and_then(|field| field.try_into().ok()).map(u32::from_be_bytes);
    let size = number(16).zip(number(20)).ok_or(PhotoError::Truncated)?;
    Ok(announced(size.0, size.1))
}

/// Groups the decoder's errors by what a person can do about them.
fn refusal(error: ImageError) -> PhotoError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => PhotoError::Truncated,
        ImageError::Limits(_) => {
            PhotoError::damaged("the decoder needs more memory than any good file would")
        }
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => PhotoError::damaged(error),
    }
}

/// Any of the decoders' pixel layouts as 8-bit RGB: the high byte of 16 bits, grey in all channels, transparency over
/// white.
fn to_rgb8(pixels: Vec<u8>, colour: ColorType) -> Result<Vec<u8>, PhotoError> {
    match colour {
        ColorType::Rgb8 => Ok(pixels),
        ColorType::L8 => Ok(converted(pixels, |[grey]| [grey; 3])),
        ColorType::La8 => Ok(converted(pixels, |[grey, alpha]| [over_white(grey, alpha); 3])),
        ColorType::Rgba8 => Ok(over_white_pixels(pixels)),
        ColorType::L16 => Ok(converted(pixels, |[a, b]| [high(a, b); 3])),
        ColorType::La16 => Ok(converted(pixels, |[a, b, c, d]| [over_white(high(a, b), high(c, d)); 3])),
        ColorType::Rgb16 => Ok(converted(pixels, |[a, b, c, d, e, f]| [high(a, b), high(c, d), high(e, f)])),
        ColorType::Rgba16 => Ok(converted(pixels, |[a, b, c, d, e, f, g, h]| {
            [high(a, b), high(c, d), high(e, f)].map(|value| over_white(value, high(g, h)))
        })),
        other @ (ColorType::Rgb32F | ColorType::Rgba32F | _) => {
            Err(PhotoError::internal(format!("the decoder gave {other:?} pixels")))
        }
    }
}

/// Red, green, blue and opacity as red, green, blue over white.
pub(super) fn over_white_pixels(rgba: Vec<u8>) -> Vec<u8> {
    converted(rgba, |[r, g, b, alpha]| [r, g, b].map(|value| over_white(value, alpha)))
}

/// The more significant byte of a 16-bit value in the machine's byte order.
fn high(first: u8, second: u8) -> u8 {
    let [high, _low] = u16::from_ne_bytes([first, second]).to_be_bytes();
    high
}

fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
}

/// Applies `pixel` to each group of `N` bytes. Layouts of three bytes and more are converted in place, because the
/// largest pictures are of these kinds.
fn converted<const N: usize>(mut pixels: Vec<u8>, pixel: impl Fn([u8; N]) -> [u8; 3]) -> Vec<u8> {
    if N < 3 {
        return pixels.as_chunks::<N>().0.iter().flat_map(|group| pixel(*group)).collect();
    }
    let count = pixels.len() / N;
    for index in 0..count {
        let mut group = [0; N];
        group.copy_from_slice(&pixels[index * N..][..N]);
        pixels[index * 3..][..3].copy_from_slice(&pixel(group));
    }
    pixels.truncate(count * 3);
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::rgb_len;

    #[test]
    fn every_layout_becomes_rgb() {
        let check = |colour, pixels: &[u8], expected: &[u8]| {
            assert_eq!(to_rgb8(pixels.to_vec(), colour).unwrap(), expected, "{colour:?}");
        };
        let wide = |value: u8| u16::from_be_bytes([value, 7]).to_ne_bytes();
        check(ColorType::L8, &[9, 8], &[9, 9, 9, 8, 8, 8]);
        check(ColorType::La8, &[0, 0, 50, 255], &[255, 255, 255, 50, 50, 50]);
        check(ColorType::Rgba8, &[1, 2, 3, 255, 9, 9, 9, 0], &[1, 2, 3, 255, 255, 255]);
        check(ColorType::L16, &wide(5), &[5, 5, 5]);
        check(ColorType::Rgb16, &[wide(1), wide(2), wide(3)].concat(), &[1, 2, 3]);
        check(ColorType::Rgba16, &[wide(1), wide(2), wide(3), [255, 255]].concat(), &[1, 2, 3]);
        check(ColorType::La16, &[wide(1), [255, 255]].concat(), &[1, 1, 1]);
    }

    #[test]
    fn sizes_agree() {
        assert_eq!(converted::<4>(vec![0; 4 * 6], |_| [0; 3]).len(), rgb_len(2, 3));
    }
}
