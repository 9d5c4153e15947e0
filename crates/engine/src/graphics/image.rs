//! Logos and covers: whatever was sent becomes a new file without metadata, of a bounded size.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::ROOM;
use crate::PhotoError;
use crate::engine::fenced;
use crate::faces::decode::sniff::{Format, SNIFF_BYTES, sniff};
use crate::faces::decode::{Turned, decode, decode_rgba};
use crate::faces::renditions::{at_most, encode};
use crate::picture::{Picture, Resizer, fit, rgb_len};

/// Longer side of a logo, at most.
const LOGO_LONG_SIDE_PX: u32 = 800;
/// Longer side of a cover, at most.
const COVER_LONG_SIDE_PX: u32 = 1280;

/// A picture as a new file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graphic {
    /// The file.
    pub bytes: Vec<u8>,
    /// Such as `image/png`.
    pub media_type: &'static str,
    /// Its width.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
}

/// Pixels with opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rgba {
    pub(super) width: u32,
    pub(super) height: u32,
    /// `height × width × 4` bytes: red, green, blue, opacity.
    pub(super) pixels: Vec<u8>,
}

/// A JPEG, PNG or WebP file as a cover: a JPEG, its longer side at most 1280 pixels, turned as EXIF says.
///
/// # Errors
/// When it is none of these, or cannot be read.
pub fn cover(bytes: &[u8]) -> Result<Graphic, PhotoError> {
    fenced(|| {
        format(bytes)?;
        let mut resizer = Resizer::default();
        let picture = decode(bytes, COVER_LONG_SIDE_PX, &ROOM, &mut resizer)?.picture;
        let picture = at_most(&picture, COVER_LONG_SIDE_PX, &mut resizer)?.unwrap_or(picture);
        let Picture { width: width_px, height: height_px, .. } = picture;
        Ok(Graphic { bytes: encode(&picture)?, media_type: "image/jpeg", width_px, height_px })
    })
}

/// A JPEG, PNG or WebP file as a logo: a PNG that keeps its opacity, its longer side at most 800 pixels, turned as EXIF
/// says.
///
/// # Errors
/// When it is none of these, or cannot be read.
pub fn logo(bytes: &[u8]) -> Result<Graphic, PhotoError> {
    fenced(|| {
        let Rgba { width, height, pixels } = read(bytes)?;
        let mut file = Vec::new();
        let encoder = PngEncoder::new(&mut file);
        encoder
            .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            .map_err(PhotoError::internal)?;
        Ok(Graphic { bytes: file, media_type: "image/png", width_px: width, height_px: height })
    })
}

fn format(bytes: &[u8]) -> Result<Format, PhotoError> {
    match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])? {
        format @ (Format::Jpeg | Format::Png | Format::WebP) => Ok(format),
        other @ (Format::Heic
        | Format::Avif
        | Format::Cr2
        | Format::Cr3
        | Format::Nef
        | Format::Arw
        | Format::Dng
        | Format::Raf
        | Format::Orf
        | Format::Rw2) => Err(PhotoError::UnsupportedFormat { format: other.extension().to_uppercase() }),
    }
}

/// The pixels of a logo, at most as large as logos are.
pub(super) fn read(bytes: &[u8]) -> Result<Rgba, PhotoError> {
    if format(bytes)? == Format::Jpeg {
        let mut resizer = Resizer::default();
        let picture = decode(bytes, LOGO_LONG_SIDE_PX, &ROOM, &mut resizer)?.picture;
        return Ok(opaque(&at_most(&picture, LOGO_LONG_SIDE_PX, &mut resizer)?.unwrap_or(picture)));
    }
    let Turned { width, height, rgba, orientation } = decode_rgba(bytes, &ROOM)?;
    let read = Rgba { width, height, pixels: rgba };
    let (width, height) = match read.width.max(read.height) {
        ..=LOGO_LONG_SIDE_PX => (read.width, read.height),
        _ => fit(read.width, read.height, LOGO_LONG_SIDE_PX),
    };
    let (colour, opacity) = resized(&read, width, height)?.parts();
    Ok(Rgba::of(&orientation.apply(colour), &orientation.apply(opacity)))
}

/// `source` at another size; what is transparent does not colour its neighbours.
pub(super) fn resized(source: &Rgba, width: u32, height: u32) -> Result<Rgba, PhotoError> {
    if (source.width, source.height) == (width, height) {
        return Ok(source.clone());
    }
    let mut pixels = vec![0; width as usize * height as usize * 4];
    let from = TypedImageRef::<U8x4>::from_buffer(source.width, source.height, &source.pixels);
    let from = from.map_err(PhotoError::internal)?;
    let into = TypedImage::<U8x4>::from_buffer(width, height, &mut pixels);
    let mut into = into.map_err(PhotoError::internal)?;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(true);
    fast_image_resize::Resizer::new()
        .resize_typed(&from, &mut into, &options)
        .map_err(PhotoError::internal)?;
    Ok(Rgba { width, height, pixels })
}

fn opaque(picture: &Picture) -> Rgba {
    let white = Picture { rgb: vec![255; rgb_len(picture.width, picture.height)], ..*picture };
    Rgba::of(picture, &white)
}

impl Rgba {
    /// Its colours, and its opacity as a grey picture, so that both can be turned as photos are.
    fn parts(&self) -> (Picture, Picture) {
        let (pixels, _) = self.pixels.as_chunks::<4>();
        let picture = |rgb| Picture { width: self.width, height: self.height, rgb };
        let colour = pixels.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        (picture(colour), picture(pixels.iter().flat_map(|[_, _, _, opacity]| [*opacity; 3]).collect()))
    }

    fn of(colour: &Picture, opacity: &Picture) -> Self {
        let (colours, _) = colour.rgb.as_chunks::<3>();
        let (opacities, _) = opacity.rgb.as_chunks::<3>();
        let pixels =
            colours.iter().zip(opacities).flat_map(|([r, g, b], [a, ..])| [*r, *g, *b, *a]).collect();
        Self { width: colour.width, height: colour.height, pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let pixels = pixel.repeat((width * height) as usize);
        let mut file = Vec::new();
        PngEncoder::new(&mut file).write_image(&pixels, width, height, ExtendedColorType::Rgba8).unwrap();
        file
    }

    #[test]
    fn a_logo_keeps_its_opacity_and_becomes_small_enough() {
        let made = logo(&png(1600, 400, [200, 10, 20, 128])).unwrap();
        assert_eq!((made.media_type, made.width_px, made.height_px), ("image/png", 800, 200));
        let read = read(&made.bytes).unwrap();
        assert_eq!((read.width, read.height), (800, 200));
        for pixel in read.pixels.as_chunks::<4>().0 {
            let off = pixel.iter().zip([200, 10, 20, 128]).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off <= Some(2), "{pixel:?}");
        }
        assert_eq!(logo(&png(10, 4, [0; 4])).unwrap().width_px, 10, "small ones stay small");
    }

    #[test]
    fn a_cover_is_a_jpeg_and_becomes_small_enough() {
        let made = cover(&png(4000, 1000, [9, 9, 9, 255])).unwrap();
        assert_eq!((made.media_type, made.width_px, made.height_px), ("image/jpeg", 1280, 320));
        assert!(made.bytes.starts_with(b"\xFF\xD8\xFF"));
        let as_logo = logo(&made.bytes).unwrap();
        assert_eq!((as_logo.media_type, as_logo.width_px, as_logo.height_px), ("image/png", 800, 200));
    }

    /// EXIF as a block of its own: little-endian, one entry, orientation 6: the first row is the right side.
    fn turned(mut file: Vec<u8>) -> Vec<u8> {
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut chunk = (u32::try_from(exif.len()).unwrap()).to_be_bytes().to_vec();
        chunk.extend(b"eXIf");
        chunk.extend(exif);
        let sum = crc32fast::hash(&chunk[4..]);
        chunk.extend(sum.to_be_bytes());
        let behind_header = 8 + 25;
        file.splice(behind_header..behind_header, chunk);
        file
    }

    #[test]
    fn pictures_are_turned_as_exif_says() {
        let file = turned(png(30, 10, [1, 2, 3, 255]));
        let (logo, cover) = (logo(&file).unwrap(), cover(&file).unwrap());
        assert_eq!([logo.width_px, logo.height_px, cover.width_px, cover.height_px], [10, 30, 10, 30]);
    }

    #[test]
    fn what_is_no_such_picture_is_refused_by_name() {
        let check = |bytes: &[u8], code: &str| {
            assert_eq!(logo(bytes).unwrap_err().code(), code);
            assert_eq!(cover(bytes).unwrap_err().code(), code);
        };
        check(b"", "empty_file");
        check(b"hello", "not_a_photo");
        check(b"GIF89a", "unsupported_format");
        check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unsupported_format");
        let mut bomb = png(1, 1, [0; 4]);
        bomb[16..24].copy_from_slice(&[0, 0, 0xFF, 0, 0, 0, 0xFF, 0]);
        check(&bomb, "too_many_pixels");
        let whole = png(300, 300, [1, 2, 3, 4]);
        assert!(logo(&whole[..whole.len() / 2]).is_err());
    }
}
