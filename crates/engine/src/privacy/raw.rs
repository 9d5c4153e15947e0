//! RAW files.

use super::draft::Draft;
use super::exif::{self, Rules, Serials};
use super::{heif, jpeg, maker_notes};
use crate::faces::decode::raw::{cr3_metadata, jpeg_starts};

/// For a RAW file's own directories.
const FILE: Rules<'_> = Rules { is_block: false, keeps_maker_notes: true, private_too: &[] };
/// For EXIF in previews.
const PREVIEW: Rules<'_> = Rules { is_block: true, ..FILE };
/// For the blocks of CR3 files, in which Canon's notes are a block of their own. Cameras fill their ends with what was in
/// memory, old notes among it.
const CR3: Rules<'_> = Rules { is_block: true, private_too: maker_notes::CANON, ..FILE };
/// Most of these blocks.
const CR3_BLOCKS_MAX: usize = 256;

/// Files that are built like TIFF, and Fujifilm's, which have their EXIF in the preview.
pub(super) fn clean(draft: &mut Draft<'_>) {
    let mut serials = exif::clean(draft, 0..draft.bytes.len(), FILE, 0);
    serials.extend(clean_previews(draft, PREVIEW));
    clean_copies(draft, &serials);
}

/// DNG describes the sensor's data by itself; makers' notes only tell more about the camera.
pub(super) fn clean_dng(draft: &mut Draft<'_>) {
    let file = Rules { is_block: false, ..Rules::BLOCK };
    let mut serials = exif::clean(draft, 0..draft.bytes.len(), file, 0);
    serials.extend(clean_previews(draft, Rules::BLOCK));
    clean_copies(draft, &serials);
}

/// Canon's CR3: boxes, one with a block for each directory, and among the sensor's data copies of these blocks.
pub(super) fn clean_cr3(draft: &mut Draft<'_>) {
    let bytes = draft.bytes;
    let blocks = cr3_metadata(bytes);
    let mut serials = Serials::new();
    for block in blocks {
        if &block.kind == b"CMT4" {
            exif::clean_gps(draft, block.body);
        } else if block.kind.starts_with(b"CMT") {
            serials.extend(exif::clean(draft, block.body, CR3, 0));
        }
    }
    serials.extend(clean_previews(draft, PREVIEW));
    heif::clean_boxes(draft);
    // Eight bytes, as every block of Canon's begins: not one file in a thousand million has them by chance.
    for at in memchr::memmem::find_iter(bytes, b"II*\0\x08\0\0\0").take(CR3_BLOCKS_MAX) {
        if let Some(end) = copy_end(bytes, at) {
            serials.extend(exif::clean(draft, at..end, CR3, 0));
        }
    }
    clean_copies(draft, &serials);
}

/// Where the copy of a block ends that begins at `at`: in front of it stand its length, these eight bytes included, and a
/// tag. What has no such length is no copy.
fn copy_end(bytes: &[u8], at: usize) -> Option<usize> {
    const BYTES_MAX: usize = 1 << 20;
    let record = at.checked_sub(8)?;
    let length = u32::from_le_bytes(*bytes.get(record..)?.first_chunk()?);
    let length = usize::try_from(length).ok().filter(|length| (16..=BYTES_MAX).contains(length))?;
    record.checked_add(length).filter(|end| *end <= bytes.len())
}

fn clean_previews(draft: &mut Draft<'_>, rules: Rules<'_>) -> Serials {
    let starts: Vec<usize> = jpeg_starts(draft.bytes).collect();
    starts.into_iter().flat_map(|at| jpeg::clean_embedded(draft, at, rules, 0)).collect()
}

/// Shortest serial number that is looked for, and fewest different letters: what chance does not make among the sensor's
/// data.
const SERIAL_BYTES_LEAST: usize = 7;
const SERIAL_LETTERS_LEAST: usize = 3;
/// Most serial numbers that are looked for: cameras have about four.
const SERIALS_MAX: usize = 16;

/// Zeros copies of serial numbers, which makers leave in tables that nobody describes.
fn clean_copies(draft: &mut Draft<'_>, serials: &[Vec<u8>]) {
    let bytes = draft.bytes;
    let texts =
        serials.iter().map(|serial| serial.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii());
    let mut texts: Vec<&[u8]> = texts.filter(|text| is_distinct(text)).collect();
    texts.sort_unstable();
    texts.dedup();
    for text in texts.into_iter().take(SERIALS_MAX) {
        for at in memchr::memmem::find_iter(bytes, text) {
            draft.zero(at..at + text.len());
        }
    }
}

fn is_distinct(text: &[u8]) -> bool {
    let mut letters = text.to_vec();
    letters.sort_unstable();
    letters.dedup();
    let is_text = text.iter().all(u8::is_ascii_graphic);
    is_text && text.len() >= SERIAL_BYTES_LEAST && letters.len() >= SERIAL_LETTERS_LEAST
}
