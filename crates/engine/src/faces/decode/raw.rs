//! RAW files, of which the largest JPEG inside is the photo: the preview that the camera made, mostly of full size.
//!
//! ## Why
//! * **Not developed.** Faces, and what attendees look at, come as well from the camera's own picture, in a tenth of the
//!   time and as the photographer saw it. Sizes and boxes of faces are in the preview's pixels.
//! * **Found by search.** Each maker hides previews elsewhere, some behind their own directories, but each preview is a
//!   whole JPEG file in one piece. Looking for the bytes that all of them begin with finds them in every RAW format, at
//!   several gigabytes a second.

use std::cmp::Reverse;

use super::exif::Metadata;
use super::markers::{self, Coding};
use super::sniff::{self, Format};
use super::{Raw, Room, jpeg};
use crate::PhotoError;
use crate::containers::bmff::boxes;
use crate::containers::tiff::Tiff;

/// Longer side of the smallest preview that is of use: the detector looks at that many pixels.
const LONG_SIDE_PX_LEAST: u32 = 640;
/// Most places that are looked at. Chance makes about six in 100 MiB.
const PLACES_MAX: usize = 4096;
/// Most previews that are tried when larger ones do not decode.
const TRIES_MAX: usize = 4;

/// Decodes the largest preview that decodes.
///
/// # Errors
/// [`PhotoError::RawWithoutPreview`] when there is none that is large enough; what decoding the largest gave.
pub(super) fn decode<'room>(
    bytes: &[u8],
    format: Format,
    long_side_least: u32,
    room: &'room Room,
) -> Result<Raw<'room>, PhotoError> {
    if format == Format::Dng && sniff::by_directory(bytes) != Some(Format::Dng) {
        return Err(PhotoError::UnsupportedFormat { format: "TIFF".to_owned() });
    }
    let mut previews = previews(bytes);
    previews.retain(|preview| preview.long_side_px >= LONG_SIDE_PX_LEAST);
    let mut refusal = PhotoError::RawWithoutPreview;
    for preview in previews.into_iter().take(TRIES_MAX) {
        match jpeg::decode(&bytes[preview.at..], long_side_least, room) {
            Ok(raw) => {
                let metadata = raw.metadata.or(metadata(bytes, format));
                return Ok(Raw { metadata, ..raw });
            }
            // The file was cut off while it was copied: a smaller preview would hide that.
            Err(PhotoError::Truncated) => return Err(PhotoError::Truncated),
            Err(error) if refusal == PhotoError::RawWithoutPreview => refusal = error,
            Err(_) => {}
        }
    }
    Err(refusal)
}

/// A JPEG file inside another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Preview {
    at: usize,
    pixels: u64,
    long_side_px: u32,
}

/// The JPEG files in `bytes` that can be decoded, the largest first. Lossless ones, as some makers code the sensor's data,
/// are left out.
fn previews(bytes: &[u8]) -> Vec<Preview> {
    let preview = |at: usize| {
        let header = markers::embedded_header(&bytes[at..])?;
        let (width_px, height_px) = (header.width_px, header.height_px);
        let pixels = u64::from(width_px) * u64::from(height_px);
        let found = Preview { at, pixels, long_side_px: width_px.max(height_px) };
        (header.coding != Coding::Rare).then_some(found)
    };
    let mut previews: Vec<_> = jpeg_starts(bytes).filter_map(preview).collect();
    previews.sort_by_key(|preview| (Reverse(preview.pixels), preview.at));
    previews
}

/// Where JPEG files may begin in `bytes`.
pub(crate) fn jpeg_starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(bytes, b"\xFF\xD8\xFF").take(PLACES_MAX)
}

/// What the file itself says, for previews without EXIF.
fn metadata(bytes: &[u8], format: Format) -> Metadata {
    let read =
        |at| Tiff::open(bytes, at).map(|(tiff, first)| Metadata::of_raw(tiff, first)).unwrap_or_default();
    if format == Format::Cr3 {
        return cr3_blocks(bytes).into_iter().map(read).fold(Metadata::default(), Metadata::or);
    }
    read(0)
}

/// The identifier of the box in which Canon's CR3 files have their EXIF: one TIFF structure for each directory.
const CR3_METADATA: [u8; 16] = *b"\x85\xC0\xB6\x87\x82\x0F\x11\xE0\x81\x11\xF4\xCE\x46\x2B\x6A\x48";

/// Where the first and the EXIF directory of a CR3 file begin.
fn cr3_blocks(bytes: &[u8]) -> Vec<usize> {
    let inner = cr3_metadata(bytes);
    let is_exif = |kind: [u8; 4]| &kind == b"CMT1" || &kind == b"CMT2";
    inner.into_iter().filter(|found| is_exif(found.kind)).map(|found| found.body.start).collect()
}

/// The boxes with a CR3 file's metadata.
pub(crate) fn cr3_metadata(bytes: &[u8]) -> Vec<crate::containers::bmff::Boxed> {
    let moov = boxes(bytes, 0..bytes.len()).find(|found| &found.kind == b"moov");
    let mut inside = moov.into_iter().flat_map(|moov| boxes(bytes, moov.body));
    let is_metadata = |body: &[u8]| body.starts_with(&CR3_METADATA);
    let uuid = inside.find(|found| &found.kind == b"uuid" && is_metadata(&bytes[found.body.clone()]));
    uuid.map(|uuid| boxes(bytes, uuid.body.start + 16..uuid.body.end).collect()).unwrap_or_default()
}
