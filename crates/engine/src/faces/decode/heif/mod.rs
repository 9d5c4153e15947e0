//! HEIC and AVIF, by the machine's libheif.
//!
//! ## Why
//! * **Loaded at run time.** HEVC is covered by patents and its decoders by other licences, so FindMe ships none: where
//!   the machine has libheif with the codec, such photos are read; where not, they are refused with the mend.
//! * **Looked through before.** libheif has few limits of its own; see [`guard`].
//! * **libheif turns.** Turning is part of a HEIF file's picture, and its EXIF orientation is to be ignored
//!   (ISO/IEC 23008-12, 6.5.10 and annex A), so pixels come upright.

mod coded_size;
mod guard;
mod library;

use super::exif::Metadata;
use super::limits::{self, Announced};
use super::png_webp::over_white_pixels;
use super::sniff::Format;
use super::{Raw, Room};
use crate::PhotoError;
use crate::containers::bmff::number;
use crate::containers::heif_items::Items;
use crate::picture::Picture;
use library::{Heif, Pixels, Refusal};

/// A codec inside HEIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// HEIC's.
    Hevc,
    /// AVIF's.
    Av1,
}

/// Whether this machine decodes `format`: HEIC and AVIF need libheif with a decoder, all others nothing.
///
/// # Errors
/// [`PhotoError::CodecMissing`], which says the mend.
pub fn codec(format: Format) -> Result<(), PhotoError> {
    let codec = match format {
        Format::Heic => Codec::Hevc,
        Format::Avif => Codec::Av1,
        Format::Jpeg
        | Format::Png
        | Format::WebP
        | Format::Cr2
        | Format::Cr3
        | Format::Nef
        | Format::Arw
        | Format::Dng
        | Format::Raf
        | Format::Orf
        | Format::Rw2 => return Ok(()),
    };
    decoder(codec).map(|_| ())
}

/// Decodes a HEIC or AVIF file.
///
/// # Errors
/// See [`PhotoError`].
pub(super) fn decode<'room>(bytes: &[u8], codec: Codec, room: &'room Room) -> Result<Raw<'room>, PhotoError> {
    let items = items(bytes)?;
    let heif = decoder(codec)?;
    guard::check(bytes, &items)?;
    let photo = heif.open(bytes).map_err(PhotoError::from)?;
    let (width_px, height_px) = photo.size();
    let announced = Announced { width_px, height_px, megapixels_max: limits::WHOLE_MEGAPIXELS_MAX };
    announced.check()?;
    // The codec's planes, the picture that is made of them, and the copy of it.
    let turn = room.turn(announced.pixels() * 8);
    let picture = match photo.decode()? {
        Pixels::Rgb(picture) => picture,
        Pixels::Rgba(pixels, width, height) => Picture { width, height, rgb: over_white_pixels(pixels) },
    };
    let (width_px, height_px) = (picture.width, picture.height);
    let metadata = Metadata { orientation: None, ..Metadata::read(exif(bytes, &items)) };
    Ok(Raw { picture, width_px, height_px, metadata, turn })
}

fn decoder(codec: Codec) -> Result<&'static Heif, PhotoError> {
    let missing = |detail: &str| {
        let (format, plugin) = match codec {
            Codec::Hevc => ("HEIC", "libheif-plugin-libde265"),
            Codec::Av1 => ("AVIF", "libheif-plugin-dav1d"),
        };
        PhotoError::CodecMissing { format, plugin, detail: detail.to_owned() }
    };
    let heif = Heif::loaded().map_err(|refusal| missing(&refusal.0))?;
    heif.decodes(codec).then_some(heif).ok_or_else(|| missing("libheif has no decoder for it"))
}

/// What the file consists of; `Truncated` when boxes or items end behind the file.
fn items(bytes: &[u8]) -> Result<Items, PhotoError> {
    let is_cut = ends_early(bytes);
    match Items::read(bytes) {
        Some(_) | None if is_cut => Err(PhotoError::Truncated),
        Some(items) => Ok(items),
        None => Err(PhotoError::damaged("the list of the file's parts cannot be read")),
    }
}

/// Whether the last box announces more bytes than the file has.
fn ends_early(bytes: &[u8]) -> bool {
    let whole = crate::containers::bmff::boxes(bytes, 0..bytes.len());
    let end = whole.last().map_or(0, |last| last.body.end);
    let rest = &bytes[end..];
    let size = number(rest, 0..4);
    !rest.is_empty() && size.is_none_or(|size| size == 1 || size > rest.len() as u64)
}

/// The EXIF block: of the first item of that kind, behind the offset of its TIFF header.
fn exif(bytes: &[u8], items: &Items) -> Option<Vec<u8>> {
    let item = items.all.values().find(|item| &item.kind == b"Exif")?;
    let block = item.extents.iter().flat_map(|extent| &bytes[extent.clone()]).copied();
    let block: Vec<u8> = block.take(super::exif::BYTES_MAX).collect();
    let header = usize::try_from(number(&block, 0..4)?).ok()?.checked_add(4)?;
    block.get(header..).map(<[u8]>::to_vec)
}

impl From<Refusal> for PhotoError {
    fn from(refusal: Refusal) -> Self {
        Self::damaged(refusal.0)
    }
}
