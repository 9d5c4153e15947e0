//! Photoshop's resources (in JPEG's APP13 and a TIFF entry), and IPTC inside them.

use std::ops::Range;

use super::draft::Draft;
use super::exif::{self, Rules};
use super::jpeg;
use crate::containers::bmff::{Reader, number};

/// Resources with IPTC, EXIF, XMP and thumbnails.
const IPTC: u64 = 0x0404;
const EXIF: u64 = 0x0422;
const XMP: u64 = 0x0424;
const THUMBNAILS: [u64; 2] = [0x0409, 0x040C];
/// Bytes in front of a thumbnail's JPEG.
const THUMBNAIL_HEADER: usize = 28;

/// Blanks what is private in a list of resources (Adobe's "Photoshop File Formats", image resource blocks).
pub(super) fn clean(draft: &mut Draft<'_>, range: Range<usize>, depth: u32) {
    let mut reader = Reader::of(draft.bytes, range);
    while let Some((id, data)) = resource(&mut reader) {
        match id {
            IPTC => clean_iptc(draft, data),
            EXIF => drop(exif::clean(draft, data, Rules::BLOCK, depth)),
            XMP => draft.xmp(data),
            id if THUMBNAILS.contains(&id) => {
                jpeg::clean(draft, (data.start + THUMBNAIL_HEADER).min(data.end)..data.end, depth + 1);
            }
            _ => {}
        }
    }
}

/// The next resource: a mark, a number, a name, a length and so many bytes; name and bytes are padded to even lengths.
fn resource(reader: &mut Reader<'_>) -> Option<(u64, Range<usize>)> {
    (&reader.kind()? == b"8BIM").then_some(())?;
    let id = reader.number(2)?;
    let name = reader.usize(1)?;
    skip(reader, name + (name + 1) % 2)?;
    let length = reader.usize(4)?;
    let data = reader.at..reader.at.checked_add(length)?;
    skip(reader, length)?;
    // The last one may come without its padding.
    let _padding = skip(reader, length % 2);
    Some((id, data))
}

fn skip(reader: &mut Reader<'_>, count: usize) -> Option<()> {
    let rest = reader.rest();
    (count <= rest.len()).then(|| reader.at += count)
}

/// Fields of IPTC's record 2 that name a place: codes and names of what is shown, city, part of it, region, country.
const PLACES: [u64; 7] = [26, 27, 90, 92, 95, 100, 101];

/// Blanks the places in IPTC (Information Interchange Model, chapter 3): sets of a mark, two numbers, a length, a value.
pub(super) fn clean_iptc(draft: &mut Draft<'_>, range: Range<usize>) {
    let bytes = draft.bytes;
    let mut at = range.start;
    while let Some(head) = bytes.get(at..at + 5).filter(|head| head[0] == 0x1C && at + 5 <= range.end) {
        let length = number(head, 3..5).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
        // The highest bit means that a longer length follows: no text has one.
        if length >= 0x8000 || at + 5 + length > range.end {
            return;
        }
        if head[1] == 2 && PLACES.contains(&u64::from(head[2])) {
            draft.blank(at + 5..at + 5 + length);
        }
        at += 5 + length;
    }
}
