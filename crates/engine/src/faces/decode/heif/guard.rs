//! What libheif would do for a file, found out before it is asked.
//!
//! libheif believes what a file says: it gathers the pieces that the file lists however often they are listed, decodes
//! every tile that the file names, and its codecs take memory for the size in the coded data, not for the one that the
//! file announces. A file of a few hundred bytes could so ask for gigabytes, or for hours. Here every picture that
//! decoding would touch is looked up and its work added up, and what cannot be followed is refused.

use std::collections::BTreeMap;

use super::coded_size::{self, CodedSize};
use crate::PhotoError;
use crate::containers::bmff::{Reader, number};
use crate::containers::heif_items::{Item, Items};
use crate::faces::decode::limits::{Announced, WHOLE_MEGAPIXELS_MAX};

/// Most millions of pixels that may be decoded for one photo: the photo itself, its transparency, the margins of its tiles.
const WORK_MEGAPIXELS_MAX: u64 = 4 * WHOLE_MEGAPIXELS_MAX as u64;
/// How deep pictures may be made of other pictures: a photo, turned as a whole, of tiles.
const DEPTH_MAX: u32 = 4;
/// A picture's coded frame may be this much larger than what is shown of it: blocks at the margins, and the next power of
/// two where frames have sizes of their own.
const CODED_SHARE_MAX: u64 = 4;
/// Coded frames up to this many pixels are not compared with what is shown of them.
const SMALL_PIXELS: u64 = 1 << 20;

/// Passes a file whose photo may be decoded.
///
/// # Errors
/// [`PhotoError::TooManyPixels`], [`PhotoError::UnsupportedFormat`] for pictures in another codec, [`PhotoError::Damaged`].
pub(super) fn check(bytes: &[u8], items: &Items) -> Result<(), PhotoError> {
    let listed: usize = items.all.values().flat_map(|item| &item.extents).map(ExactSizeIterator::len).sum();
    if listed > 2 * bytes.len() {
        return Err(PhotoError::damaged("the items have more bytes than the file"));
    }
    if items.all.values().any(|item| item.is_encoded) {
        return Err(unsupported("HEIF with compressed metadata"));
    }
    let mut work = Work { bytes, items, known: BTreeMap::new() };
    let pixels = work.of(items.primary, 0)?;
    if pixels > WORK_MEGAPIXELS_MAX * 1_000_000 {
        return Err(PhotoError::damaged("its parts have many times the pixels of the photo"));
    }
    Ok(())
}

/// Adds up pixels that are decoded.
struct Work<'a> {
    bytes: &'a [u8],
    items: &'a Items,
    known: BTreeMap<u32, u64>,
}

impl Work<'_> {
    /// Pixels that are decoded for an item and all that it is made of.
    fn of(&mut self, id: u32, depth: u32) -> Result<u64, PhotoError> {
        if let Some(pixels) = self.known.get(&id) {
            return Ok(*pixels);
        }
        if depth > DEPTH_MAX {
            return Err(PhotoError::damaged("pictures are made of each other without end"));
        }
        let item = self.items.all.get(&id).ok_or_else(|| PhotoError::damaged("a picture is missing"))?;
        let own = match &item.kind {
            b"hvc1" | b"av01" => self.coded(id, item)?,
            b"grid" => self.grid(item)?,
            b"iden" => 0,
            other => {
                return Err(unsupported(&format!("HEIF with {} pictures", String::from_utf8_lossy(other))));
            }
        };
        let parts = self.items.referred(*b"dimg", id).to_vec();
        let beside: Vec<u32> = self.items.referring(*b"auxl", id).collect();
        let mut pixels = own;
        for part in parts.into_iter().chain(beside) {
            pixels = pixels.saturating_add(self.of(part, depth + 1)?);
        }
        self.known.insert(id, pixels);
        Ok(pixels)
    }

    fn coded(&self, id: u32, item: &Item) -> Result<u64, PhotoError> {
        let property = |kind: &[u8; 4]| {
            let found = self.items.properties(id).find(|property| &property.kind == kind);
            found.and_then(|property| self.bytes.get(property.body.clone()))
        };
        let gathered: Vec<u8>;
        let data = match &item.extents[..] {
            [only] => &self.bytes[only.clone()],
            several => {
                gathered = several.iter().flat_map(|extent| &self.bytes[extent.clone()]).copied().collect();
                &gathered
            }
        };
        let size = if &item.kind == b"hvc1" {
            coded_size::of_hevc(property(b"hvcC").unwrap_or_default(), data)
        } else {
            coded_size::of_av1(property(b"av1C").unwrap_or_default(), data)
        };
        let size = size.ok_or_else(|| PhotoError::damaged("the coded data do not tell their size"))?;
        let shown = property(b"ispe").and_then(spatial_extent);
        let shown = shown.ok_or_else(|| PhotoError::damaged("a picture's size is missing"))?;
        announced(shown)?;
        let is_margin = size.pixels() / CODED_SHARE_MAX <= shown.pixels();
        if size.pixels() > SMALL_PIXELS && !is_margin {
            announced(size)?;
            return Err(PhotoError::damaged("the coded data are much larger than the picture"));
        }
        Ok(size.pixels())
    }

    /// The pixels of the whole that tiles are put together to (ISO/IEC 23008-12, 6.6.2.3.2).
    fn grid(&self, item: &Item) -> Result<u64, PhotoError> {
        let read = || {
            let [only] = &item.extents[..] else { return None };
            let mut reader = Reader::of(self.bytes, only.clone());
            let flags = reader.number(2)?;
            let width = if flags & 1 == 0 { 2 } else { 4 };
            reader.number(2)?;
            Some(CodedSize { width_px: reader.number(width)?, height_px: reader.number(width)? })
        };
        let size = read().ok_or_else(|| PhotoError::damaged("the list of tiles cannot be read"))?;
        announced(size)?;
        Ok(size.pixels())
    }
}

/// The size in an `ispe` property.
fn spatial_extent(body: &[u8]) -> Option<CodedSize> {
    Some(CodedSize { width_px: number(body, 4..8)?, height_px: number(body, 8..12)? })
}

fn announced(size: CodedSize) -> Result<(), PhotoError> {
    let side = |pixels: u64| u32::try_from(pixels).unwrap_or(u32::MAX);
    let (width_px, height_px) = (side(size.width_px), side(size.height_px));
    Announced { width_px, height_px, megapixels_max: WHOLE_MEGAPIXELS_MAX }.check()
}

fn unsupported(format: &str) -> PhotoError {
    PhotoError::UnsupportedFormat { format: format.to_owned() }
}
