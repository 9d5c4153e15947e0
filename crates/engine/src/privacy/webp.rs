//! WebP: chunks of RIFF.

use super::draft::Draft;
use super::exif::{self, Rules};
use crate::containers::tiff::Order;

/// Bytes in front of the first chunk.
const HEADER: usize = 12;

/// Blanks what is private.
pub(super) fn clean(draft: &mut Draft<'_>) {
    let bytes = draft.bytes;
    let mut at = HEADER;
    while let Some((kind, size)) = chunk(bytes, at) {
        let start = at + 8;
        let data = start.min(bytes.len())..start.saturating_add(size).min(bytes.len());
        match kind {
            b"EXIF" => {
                // Some writers leave JPEG's mark in front.
                let mark = if bytes[data.clone()].starts_with(b"Exif\0\0") { 6 } else { 0 };
                exif::clean(draft, data.start + mark..data.end, Rules::BLOCK, 0);
            }
            b"XMP " => draft.xmp(data),
            b"C2PA" => draft.zero(data),
            _ => {}
        }
        at = start.saturating_add(size).saturating_add(size % 2);
    }
}

/// The name and length of the chunk at `at`.
fn chunk(bytes: &[u8], at: usize) -> Option<(&[u8; 4], usize)> {
    let (kind, rest) = bytes.get(at..)?.split_first_chunk()?;
    Some((kind, usize::try_from(Order::Little.u32(*rest.first_chunk()?)).ok()?))
}
