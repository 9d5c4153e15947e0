//! PNG (ISO/IEC 15948).

use std::ops::Range;

use super::draft::Draft;
use super::exif::{self, Rules};
use crate::containers::bmff::number;

/// Bytes of the signature.
const SIGNATURE: usize = 8;
/// The text that holds XMP, and how ImageMagick calls the texts in which it keeps metadata of other formats.
const XMP: &[u8] = b"XML:com.adobe.xmp";
const RAW_PROFILE: &[u8] = b"Raw profile type ";

/// Blanks what is private, and corrects the checksums.
pub(super) fn clean(draft: &mut Draft<'_>) {
    let bytes = draft.bytes;
    let mut at = SIGNATURE;
    while let Some(length) = number(bytes, at..at + 4).and_then(|length| usize::try_from(length).ok()) {
        let data = at + 8..(at + 8).saturating_add(length);
        let (Some(kind), Some(_)) = (bytes.get(at + 4..at + 8), bytes.get(data.clone())) else { return };
        if clean_chunk(draft, kind, data.clone()) {
            let sum = crc32fast::hash(&draft.changed(at + 4..data.end));
            draft.write(data.end, &sum.to_be_bytes()[..(bytes.len() - data.end).min(4)]);
        }
        at = data.end + 4;
    }
}

/// Blanks what is private in a chunk; whether it was a chunk that may hold such.
fn clean_chunk(draft: &mut Draft<'_>, kind: &[u8], data: Range<usize>) -> bool {
    let held = &draft.bytes[data.clone()];
    match kind {
        b"eXIf" => drop(exif::clean(draft, data, Rules::BLOCK, 0)),
        b"iTXt" if is_private_text(held) => blank_international(draft, data),
        // Compressed text becomes plain: spaces are no compressed data.
        b"zTXt" if is_private_text(held) => {
            draft.write(data.start - 4, b"tEXt");
            draft.blank(behind_keyword(draft.bytes, &data));
        }
        b"tEXt" if is_private_text(held) => draft.blank(behind_keyword(draft.bytes, &data)),
        b"caBX" => draft.zero(data),
        _ => return false,
    }
    true
}

/// Whether a text's keyword names XMP or metadata of another format, of which colour profiles stay.
fn is_private_text(held: &[u8]) -> bool {
    let keyword = held.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_profile = keyword.strip_prefix(RAW_PROFILE).is_some_and(|kind| kind != b"icc" && kind != b"icm");
    keyword == XMP || is_profile
}

fn behind_keyword(bytes: &[u8], data: &Range<usize>) -> Range<usize> {
    let keyword = memchr::memchr(0, &bytes[data.clone()]).unwrap_or(data.len());
    (data.start + keyword + 1).min(data.end)..data.end
}

/// Behind the keyword come: whether the text is compressed, how, a language, a translated keyword, the text.
fn blank_international(draft: &mut Draft<'_>, data: Range<usize>) {
    let bytes = draft.bytes;
    let flags = behind_keyword(bytes, &data);
    let after_zero = |from: Range<usize>| behind_keyword(bytes, &from);
    let text = after_zero(after_zero((flags.start + 2).min(flags.end)..flags.end));
    draft.zero(flags.start..(flags.start + 1).min(flags.end));
    draft.xmp(text);
}
