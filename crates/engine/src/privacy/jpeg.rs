//! JPEG.

use std::ops::Range;

use super::draft::Draft;
use super::exif::{self, Rules, Serials};
use super::{film, photoshop};
use crate::faces::decode::markers::{self, APP0, APP1, EOI, SOS, Segments};
use crate::faces::decode::raw::jpeg_starts;

/// How deep thumbnails may have thumbnails. Below that their EXIF goes as a whole.
const DEPTH_MAX: u32 = 3;

const EXIF_MARK: &[u8] = b"Exif\0\0";
const XMP_MARK: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// What else stays in the segments that JPEG's own formats share with makers.
const JFIF_MARKS: [&[u8]; 3] = [b"JFIF\0", b"JFXX\0", b"AVI1"];
const PROFILE_MARKS: [&[u8]; 2] = [b"ICC_PROFILE\0", b"MPF\0"];
const PHOTOSHOP_MARK: &[u8] = b"Photoshop 3.0\0";

/// Blanks what is private in the JPEG file in `range`, in all JPEG files behind it, and in the film behind it.
pub(super) fn clean(draft: &mut Draft<'_>, range: Range<usize>, depth: u32) {
    let range = range.start.min(draft.bytes.len())..range.end.min(draft.bytes.len());
    if !draft.enter(range.start) {
        return;
    }
    let bytes = draft.bytes;
    let mut segments = Segments::of(&bytes[range.clone()]);
    while let Some(segment) = segments.next() {
        let end = range.start + segments.at;
        if segment.marker == EOI {
            behind(draft, end..range.end, depth);
            return;
        }
        clean_segment(draft, segment.marker, end - segment.payload.len()..end, Rules::BLOCK, depth);
    }
}

/// What lies behind the end: the second pictures of cameras and phones, and films of photos that move.
fn behind(draft: &mut Draft<'_>, range: Range<usize>, depth: u32) {
    let bytes = draft.bytes;
    for at in jpeg_starts(&bytes[range.clone()]) {
        clean_embedded(draft, range.start + at, Rules::BLOCK, depth);
    }
    film::clean(draft, range);
}

/// Blanks what is private in front of the first scan of a JPEG file that may begin at `at`.
pub(super) fn clean_embedded(draft: &mut Draft<'_>, at: usize, rules: Rules<'_>, depth: u32) -> Serials {
    let bytes = draft.bytes;
    let mut serials = Serials::new();
    if markers::embedded_header(&bytes[at..]).is_none() || !draft.enter(at) {
        return serials;
    }
    let mut segments = Segments::of(&bytes[at..]);
    while let Some(segment) = segments.next().filter(|segment| segment.marker != SOS) {
        let end = at + segments.at;
        let payload = end - segment.payload.len()..end;
        serials.extend(clean_segment(draft, segment.marker, payload, rules, depth));
    }
    serials
}

fn clean_segment(
    draft: &mut Draft<'_>,
    marker: u8,
    payload: Range<usize>,
    rules: Rules<'_>,
    depth: u32,
) -> Serials {
    let held = &draft.bytes[payload.clone()];
    let behind = |mark: usize| (payload.start + mark).min(payload.end)..payload.end;
    match marker {
        APP1 if held.starts_with(EXIF_MARK) && depth > DEPTH_MAX => draft.zero(behind(EXIF_MARK.len())),
        APP1 if held.starts_with(EXIF_MARK) => {
            return exif::clean(draft, behind(EXIF_MARK.len()), rules, depth);
        }
        APP1 if held.starts_with(XMP_MARK) => draft.xmp(behind(XMP_MARK.len())),
        0xED if held.starts_with(PHOTOSHOP_MARK) => {
            photoshop::clean(draft, behind(PHOTOSHOP_MARK.len()), depth);
        }
        marker if is_makers(marker, held) => draft.zero(payload),
        _ => {}
    }
    Serials::new()
}

/// Whether a segment is one in which makers write what they like (FLIR, `GoPro`, DJI, Pentax and Olympus among it places
/// and serial numbers), holds further pieces of XMP, or a statement of origin. Profiles and lists of pictures (APP2),
/// quality (`Ducky`), parts of pictures (APP11) and Adobe's (APP13, APP14) are not.
fn is_makers(marker: u8, held: &[u8]) -> bool {
    const BOX_KIND: Range<usize> = 12..16;
    let has = |marks: &[&[u8]]| marks.iter().any(|mark| held.starts_with(mark));
    match marker.wrapping_sub(APP0) {
        0 => !has(&JFIF_MARKS),
        1 | 3..=10 | 15 => true,
        2 => !has(&PROFILE_MARKS),
        11 => held.starts_with(b"JP") && held.get(BOX_KIND) == Some(b"jumb"),
        12 => !held.starts_with(b"Ducky"),
        _ => false,
    }
}
