//! From bytes to pixels: sniff, check the limits, decode once, turn.

mod exif;
pub(crate) mod heif;
mod jpeg;
pub(crate) mod limits;
pub(crate) mod markers;
pub(crate) mod orientation;
mod png_webp;
pub(crate) mod raw;
pub(crate) mod sniff;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::PhotoError;
use crate::picture::{Picture, Resizer, fit};
use exif::Metadata;
use orientation::Orientation;
use sniff::{Format, SNIFF_BYTES, sniff};

/// A photo in memory, as a person sees it.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The pixels, turned, at a reduced scale for large photos.
    pub(crate) picture: Picture,
    /// Width of the turned original.
    pub(crate) width_px: u32,
    /// Height of the turned original.
    pub(crate) height_px: u32,
    /// When it was taken, in the camera's local time.
    pub(crate) taken_at: Option<String>,
    /// What took it.
    pub(crate) camera: Option<String>,
}

/// What a format's decoder gives: pixels as they are stored, possibly reduced, and the size of the original.
struct Raw<'room> {
    picture: Picture,
    width_px: u32,
    height_px: u32,
    metadata: Metadata,
    turn: Turn<'room>,
}

/// Held while a huge photo is in memory at its full size.
type Turn<'room> = Option<MutexGuard<'room, ()>>;

/// Lets only one huge photo be decoded at a time, so that memory stays bounded however many threads there are.
#[derive(Debug, Default)]
pub(crate) struct Room(Mutex<()>);

impl Room {
    /// Waits for its turn when the decoder needs [`limits::HUGE_BYTES`] or more.
    fn turn(&self, decoder_bytes: u64) -> Turn<'_> {
        (decoder_bytes >= limits::HUGE_BYTES).then(|| self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Decodes a photo so that its longer side has `long_side_least` pixels or more (fewer only if the original has), and
/// less than twice as many.
///
/// # Errors
/// See [`PhotoError`].
pub(crate) fn decode(
    bytes: &[u8],
    long_side_least: u32,
    room: &Room,
    resizer: &mut Resizer,
) -> Result<Decoded, PhotoError> {
    let raw = match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])? {
        Format::Jpeg => jpeg::decode(bytes, long_side_least, room)?,
        Format::Png => png_webp::decode_png(bytes, room)?,
        Format::WebP => png_webp::decode_webp(bytes, room)?,
        Format::Heic => heif::decode(bytes, heif::Codec::Hevc, room)?,
        Format::Avif => heif::decode(bytes, heif::Codec::Av1, room)?,
        format @ (Format::Cr2
        | Format::Cr3
        | Format::Nef
        | Format::Arw
        | Format::Dng
        | Format::Raf
        | Format::Orf
        | Format::Rw2) => raw::decode(bytes, format, long_side_least, room)?,
    };
    let Metadata { orientation, taken_at, camera } = raw.metadata;
    let orientation = orientation.unwrap_or_default();
    let (width_px, height_px) = orientation.size(raw.width_px, raw.height_px);
    let picture = reduced(raw.picture, long_side_least * 2, resizer)?;
    drop(raw.turn);
    let picture = orientation.apply(picture);
    Ok(Decoded { picture, width_px, height_px, taken_at, camera })
}

/// A PNG or WebP file as it is stored, with its opacity.
pub(crate) struct Turned {
    /// Pixels per row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// `height × width × 4` bytes: red, green, blue, opacity.
    pub(crate) rgba: Vec<u8>,
    /// How it must be turned to be seen as it was meant.
    pub(crate) orientation: Orientation,
}

/// Decodes a PNG or WebP file with its opacity; it may have fewer pixels than a photo.
///
/// # Errors
/// See [`PhotoError`].
pub(crate) fn decode_rgba(bytes: &[u8], room: &Room) -> Result<Turned, PhotoError> {
    png_webp::decode_rgba(bytes, room)
}

/// What JPEG does while decoding, for the formats that cannot.
fn reduced(picture: Picture, long_side_most: u32, resizer: &mut Resizer) -> Result<Picture, PhotoError> {
    if picture.long_side() <= long_side_most {
        return Ok(picture);
    }
    let (width, height) = fit(picture.width, picture.height, long_side_most);
    resizer.resize(&picture, width, height)
}
