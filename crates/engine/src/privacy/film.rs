//! Places in films: behind photos that move, and in HEIF sequences.

use std::ops::Range;

use super::draft::Draft;
use crate::containers::bmff::number;

/// QuickTime's box with a place, and 3GPP's.
const PLACES: [&[u8; 4]; 2] = [b"\xA9xyz", b"loci"];
/// Largest of these boxes: two numbers and a name.
const BYTES_MAX: u64 = 1024;

/// Turns boxes with a place in `range` into free room. They are found by their name and a size that fits, because the film
/// begins anywhere.
pub(super) fn clean(draft: &mut Draft<'_>, range: Range<usize>) {
    let bytes = draft.bytes;
    for name in PLACES {
        for found in memchr::memmem::find_iter(&bytes[range.clone()], name) {
            let kind = range.start + found;
            let size = kind.checked_sub(4).and_then(|start| number(bytes, start..kind));
            let size = size.filter(|size| (9..=BYTES_MAX).contains(size));
            let end = size.and_then(|size| usize::try_from(size).ok()).map(|size| kind - 4 + size);
            if let Some(end) = end.filter(|end| *end <= range.end) {
                draft.write(kind, b"free");
                draft.zero(kind + 4..end);
            }
        }
    }
}
