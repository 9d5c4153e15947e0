//! HEIC and AVIF.

use super::draft::Draft;
use super::exif::{self, Rules};
use super::film;
use crate::PhotoError;
use crate::containers::bmff::{boxes, number};
use crate::containers::heif_items::{Item, Items};

/// Identifiers of boxes with XMP and with C2PA's statements.
const XMP: [u8; 16] = *b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
const C2PA: [u8; 16] = *b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81";

/// Blanks what is private.
///
/// # Errors
/// When the file's items cannot be listed.
pub(super) fn clean(draft: &mut Draft<'_>) -> Result<(), PhotoError> {
    let items = Items::read(draft.bytes);
    let items = items.ok_or_else(|| PhotoError::damaged("the list of the file's parts cannot be read"))?;
    for item in items.all.values() {
        match &item.kind {
            b"Exif" => clean_exif(draft, item),
            b"mime" if item.extents.len() == 1 => draft.xmp(item.extents[0].clone()),
            b"mime" => item.extents.iter().for_each(|extent| draft.blank(extent.clone())),
            _ => {}
        }
    }
    clean_boxes(draft);
    Ok(())
}

/// An EXIF item is a number, so many bytes, and the block. In pieces, it goes as a whole.
fn clean_exif(draft: &mut Draft<'_>, item: &Item) {
    if let [only] = &item.extents[..]
        && let Some(offset) = number(draft.bytes, only.start..only.start + 4)
        && let Some(start) =
            usize::try_from(offset).ok().and_then(|offset| offset.checked_add(only.start + 4))
        && start < only.end
    {
        exif::clean(draft, start..only.end, Rules::BLOCK, 0);
    } else {
        item.extents.iter().for_each(|extent| draft.zero(extent.clone()));
    }
}

/// What lies in boxes of its own beside the photo.
pub(super) fn clean_boxes(draft: &mut Draft<'_>) {
    let bytes = draft.bytes;
    for found in boxes(bytes, 0..bytes.len()) {
        let held = &bytes[found.body.clone()];
        match &found.kind {
            b"moov" => film::clean(draft, found.body),
            b"uuid" if held.starts_with(&XMP) => draft.xmp(found.body.start + XMP.len()..found.body.end),
            b"uuid" if held.starts_with(&C2PA) => draft.zero(found.body.start + C2PA.len()..found.body.end),
            _ => {}
        }
    }
}
