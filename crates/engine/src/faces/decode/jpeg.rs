//! JPEG, by libjpeg-turbo, at a reduced scale.

use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor};

use super::exif::Metadata;
use super::limits::{self, Announced};
use super::markers::{self, Coding, Header};
use super::{Raw, Room};
use crate::PhotoError;
use crate::picture::{Picture, rgb_len};

/// Decodes to the smallest scale whose longer side still has `long_side_least` pixels.
///
/// libjpeg-turbo reports what it works around (a warning) like what it cannot decode (an error). Warnings can be
/// harmless, such as padding before the end marker, which some cameras write, or can mean that half the picture is
/// grey. So a refused file is tried once more without metadata and padding: if it now decodes without a warning, all
/// its pixels are there; if not, it is refused for good.
///
/// # Errors
/// See [`PhotoError`].
pub(super) fn decode<'room>(
    bytes: &[u8],
    long_side_least: u32,
    room: &'room Room,
) -> Result<Raw<'room>, PhotoError> {
    let header = markers::header(bytes)?;
    let announced = check(&header)?;
    let scale = scale_for(announced.width_px.max(announced.height_px), long_side_least);
    let turn = room.turn(decoder_bytes(&header, announced, scale));
    let picture = decompress(bytes, &header, scale).or_else(|refusal| {
        decompress(&markers::tidied(bytes), &header, scale).map_err(|_| {
            if markers::is_complete(bytes) { PhotoError::damaged(refusal) } else { PhotoError::Truncated }
        })
    })?;
    let Announced { width_px, height_px, .. } = announced;
    let metadata = Metadata::read(header.exif.map(<[u8]>::to_vec));
    Ok(Raw { picture, width_px, height_px, metadata, turn })
}

fn check(header: &Header<'_>) -> Result<Announced, PhotoError> {
    let megapixels_max = match header.coding {
        Coding::Sequential => limits::JPEG_MEGAPIXELS_MAX,
        Coding::Progressive => limits::PROGRESSIVE_MEGAPIXELS_MAX,
        Coding::Rare => {
            return Err(PhotoError::UnsupportedFormat { format: "Lossless and 12-bit JPEG".to_owned() });
        }
    };
    let announced = Announced { width_px: header.width_px, height_px: header.height_px, megapixels_max };
    announced.check()?;
    Ok(announced)
}

/// The scales for which libjpeg-turbo has SIMD code, largest reduction first.
const SCALES: [ScalingFactor; 3] =
    [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF];

fn scale_for(long_side: u32, least: u32) -> ScalingFactor {
    let enough = |scale: &&ScalingFactor| scale.scale(long_side as usize) >= least as usize;
    SCALES.iter().find(enough).copied().unwrap_or(ScalingFactor::ONE)
}

/// Bytes that decoding takes: the pixels, and for progressive files up to three 16-bit coefficients a pixel.
fn decoder_bytes(header: &Header<'_>, announced: Announced, scale: ScalingFactor) -> u64 {
    let scaled = |side: u32| scale.scale(side as usize) as u64;
    let pixels = scaled(announced.width_px) * scaled(announced.height_px) * 3;
    let coefficients = if header.coding == Coding::Progressive { announced.pixels() * 6 } else { 0 };
    pixels + coefficients
}

fn decompress(bytes: &[u8], header: &Header<'_>, scale: ScalingFactor) -> Result<Picture, turbojpeg::Error> {
    let mut decompressor = Decompressor::new()?;
    decompressor.set_scan_limit(limits::SCANS_MAX)?;
    decompressor.set_scaling_factor(scale)?;
    let read = decompressor.read_header(bytes)?;
    // The size that was checked, not one that a second frame header in the file may claim.
    let (width, height) = (scale.scale(header.width_px as usize), scale.scale(header.height_px as usize));
    let format = match read.colorspace {
        Colorspace::CMYK | Colorspace::YCCK => PixelFormat::CMYK,
        Colorspace::RGB | Colorspace::YCbCr | Colorspace::Gray => PixelFormat::RGB,
    };
    let pitch = width * format.size();
    let mut image = Image { pixels: vec![0; pitch * height], width, pitch, height, format };
    decompressor.decompress(bytes, image.as_deref_mut())?;
    let rgb =
        if format == PixelFormat::CMYK { rgb_of_cmyk(image.pixels, header.is_adobe) } else { image.pixels };
    Ok(Picture { width: side(width), height: side(height), rgb })
}

fn side(pixels: usize) -> u32 {
    u32::try_from(pixels).unwrap_or(u32::MAX)
}

/// Ink to light, without a colour profile: each ink takes away its share of white. Adobe's files hold the light that is
/// left, others the ink.
fn rgb_of_cmyk(mut pixels: Vec<u8>, is_inverted: bool) -> Vec<u8> {
    let count = pixels.len() / 4;
    for index in 0..count {
        let mut light =
            [pixels[index * 4], pixels[index * 4 + 1], pixels[index * 4 + 2], pixels[index * 4 + 3]];
        if !is_inverted {
            light = light.map(|ink| 255 - ink);
        }
        let [cyan, magenta, yellow, black] = light.map(u32::from);
        for (channel, colour) in [cyan, magenta, yellow].into_iter().enumerate() {
            pixels[index * 3 + channel] = u8::try_from((colour * black + 127) / 255).unwrap_or(255);
        }
    }
    pixels.truncate(rgb_len(side(count), 1));
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_leaves_enough_pixels() {
        let check = |long_side, denominator| {
            let least = crate::index::DECODE_LONG_SIDE_PX_LEAST;
            assert_eq!(scale_for(long_side, least).denom(), denominator, "{long_side}");
        };
        check(640, 1);
        check(3838, 1);
        check(3840, 2);
        check(4000, 2);
        check(6000, 2);
        check(8064, 4);
        check(20_000, 8);
    }

    #[test]
    fn inks_become_light() {
        assert_eq!(
            rgb_of_cmyk(vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255], false),
            [255, 255, 255, 0, 255, 255, 0, 0, 0]
        );
        assert_eq!(rgb_of_cmyk(vec![255, 255, 255, 255], true), [255, 255, 255]);
    }
}
