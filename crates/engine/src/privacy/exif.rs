//! EXIF: blocks of their own, and the directories of RAW files.

use std::ops::Range;

use super::draft::Draft;
use super::{jpeg, maker_notes, photoshop};
use crate::containers::tiff::{Directory, ENTRY_BYTES, Entry, Tiff};

/// How a TIFF structure is blanked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// Whether the structure is metadata only: then all that no kept entry refers to goes. Otherwise it is a RAW file.
    pub(super) is_block: bool,
    /// Whether makers' notes stay, without their serial numbers.
    pub(super) keeps_maker_notes: bool,
    /// Tags that are private here beside [`PRIVATE`].
    pub(super) private_too: &'a [u16],
}

impl Rules<'_> {
    /// For EXIF in anything but RAW files.
    pub(super) const BLOCK: Self = Self { is_block: true, keeps_maker_notes: false, private_too: &[] };
}

/// What a walk found beside what it blanked: serial numbers, of which there may be copies.
pub(super) type Serials = Vec<Vec<u8>>;

const MAKER: u16 = 0x010F;
const XMP: u16 = 0x02BC;
const IPTC: u16 = 0x83BB;
const PHOTOSHOP: u16 = 0x8649;
const GPS: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927C;
/// Adobe's copy of a maker's notes, and of the RAW file that a DNG was made of.
const DNG_PRIVATE: u16 = 0xC634;
const DNG_ORIGINAL: u16 = 0xC68C;
/// Entries that point to further directories: below this one, EXIF, interoperability.
const DIRECTORIES: [u16; 3] = [0x014A, 0x8769, 0xA005];
/// Entries that list where pieces of pictures lie and how long they are: strips, tiles, the thumbnail.
const PIECES: [(u16, u16); 3] = [(0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202)];
/// The unique number of a photo, the owner's name, serial numbers of body, lens and camera, and Adobe's forms of the
/// owner's name and the serial number.
const PRIVATE: [u16; 7] = [0xA420, 0xA430, 0xA431, 0xA435, 0xC62F, 0xFDE8, 0xFDE9];
/// Of those, the ones that are looked for in the rest of a RAW file.
const SERIALS: [u16; 4] = [0xA431, 0xA435, 0xC62F, 0xFDE9];
/// Most directories of a structure: RAW files have about ten.
const DIRECTORIES_MAX: usize = 64;

/// Blanks what is private in the TIFF structure in `range`.
pub(super) fn clean(draft: &mut Draft<'_>, range: Range<usize>, rules: Rules<'_>, depth: u32) -> Serials {
    if !draft.enter(range.start) {
        return Serials::new();
    }
    let bytes = &draft.bytes[..range.end.min(draft.bytes.len())];
    let mut walk =
        Walk { rules, kept: Vec::new(), private: Vec::new(), thumbnails: Vec::new(), serials: Vec::new() };
    if let Some((tiff, first)) = Tiff::open(bytes, range.start) {
        walk.kept.push(range.start..range.start + 8);
        walk.directories(draft, tiff, first);
    }
    for thumbnail in std::mem::take(&mut walk.thumbnails) {
        jpeg::clean(draft, thumbnail, depth + 1);
    }
    if rules.is_block {
        walk.private.push(range);
    }
    walk.kept.sort_by_key(|kept| kept.start);
    for private in walk.private {
        outside(private, &walk.kept).for_each(|gap| draft.zero(gap));
    }
    walk.serials
}

/// Blanks a structure whose directories all tell a place.
pub(super) fn clean_gps(draft: &mut Draft<'_>, range: Range<usize>) {
    let bytes = &draft.bytes[..range.end];
    let first = Tiff::open(bytes, range.start).filter(|_| draft.enter(range.start));
    let Some(directory) = first.and_then(|(tiff, first)| tiff.directory(first)) else { return };
    draft.zero(directory.span.start..directory.span.end);
    draft.zero(directory.span.end.min(range.end)..range.end);
}

struct Walk<'a> {
    rules: Rules<'a>,
    /// What stays, wherever private parts are said to lie.
    kept: Vec<Range<usize>>,
    private: Vec<Range<usize>>,
    thumbnails: Vec<Range<usize>>,
    serials: Serials,
}

impl Walk<'_> {
    fn directories(&mut self, draft: &mut Draft<'_>, tiff: Tiff<'_>, first: usize) {
        let (mut todo, mut seen) = (vec![first], Vec::new());
        let mut maker = Vec::new();
        while let Some(at) = todo.pop() {
            if seen.contains(&at) || seen.len() >= DIRECTORIES_MAX {
                continue;
            }
            seen.push(at);
            let Some(directory) = tiff.directory(at) else { continue };
            if let Some(entry) = directory.entry(MAKER).filter(|_| maker.is_empty()) {
                maker = tiff.value(entry).to_vec();
            }
            self.kept.push(directory.span.clone());
            self.pieces(tiff, &directory);
            let goes: Vec<bool> =
                directory.entries.iter().map(|entry| self.goes(draft, tiff, entry, &maker)).collect();
            rewrite(draft, tiff, &directory, &goes);
            let pointers = directory.entries.iter().filter(|entry| DIRECTORIES.contains(&entry.tag));
            todo.extend(directory.next);
            todo.extend(pointers.flat_map(|entry| tiff.places(entry)));
        }
    }

    /// Whether an entry goes. What stays of its value is noted, or blanked.
    fn goes(&mut self, draft: &mut Draft<'_>, tiff: Tiff<'_>, entry: &Entry, maker: &[u8]) -> bool {
        let value = entry.value.clone();
        match entry.tag {
            GPS => {
                let found = tiff.places(entry).into_iter().filter_map(|at| tiff.directory(at));
                found.for_each(|directory| self.private.extend(parts(&directory)));
                return true;
            }
            MAKER_NOTE if self.rules.keeps_maker_notes => {
                if let Some(serials) = maker_notes::clean(draft, tiff, value.clone(), maker) {
                    self.serials.extend(serials);
                    self.kept.push(value);
                    return false;
                }
            }
            DNG_PRIVATE if self.rules.keeps_maker_notes => {}
            XMP => draft.xmp(value.clone()),
            IPTC => photoshop::clean_iptc(draft, value.clone()),
            PHOTOSHOP => photoshop::clean(draft, value.clone(), 0),
            _ => {}
        }
        let is_copy = [DNG_PRIVATE, DNG_ORIGINAL, MAKER_NOTE].contains(&entry.tag);
        let stays = entry.tag == DNG_PRIVATE && self.rules.keeps_maker_notes;
        let is_private = PRIVATE.contains(&entry.tag) || self.rules.private_too.contains(&entry.tag);
        if SERIALS.contains(&entry.tag) {
            self.serials.push(tiff.value(entry).to_vec());
        }
        if is_private || is_copy && !stays {
            self.private.extend(entry.is_apart().then_some(value));
            return true;
        }
        self.kept.push(value);
        false
    }

    /// Notes where pieces of pictures lie.
    fn pieces(&mut self, tiff: Tiff<'_>, directory: &Directory) {
        for (places, lengths) in PIECES {
            let (Some(places), Some(lengths)) = (directory.entry(places), directory.entry(lengths)) else {
                continue;
            };
            let is_thumbnail = places.tag == 0x0201 && self.rules.is_block;
            let pieces = tiff.places(places).into_iter().zip(tiff.numbers(lengths));
            for (at, length) in pieces {
                let piece = at..at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
                if is_thumbnail {
                    self.thumbnails.push(piece.clone());
                }
                self.kept.push(piece);
            }
        }
    }
}

/// A directory and all that its entries hold.
fn parts(directory: &Directory) -> impl Iterator<Item = Range<usize>> {
    let values = directory.entries.iter().filter(|entry| entry.is_apart()).map(|entry| entry.value.clone());
    values.chain([directory.span.clone()])
}

/// Writes a directory without the entries that go: the others move up, and zeros fill what is left.
pub(super) fn rewrite(draft: &mut Draft<'_>, tiff: Tiff<'_>, directory: &Directory, goes: &[bool]) {
    let Some(first) = goes.iter().position(|goes| *goes) else { return };
    let bytes = draft.bytes;
    let mut entries = Vec::new();
    let mut count = u16::try_from(first).unwrap_or(u16::MAX);
    for (entry, _) in directory.entries.iter().zip(goes).skip(first).filter(|(_, goes)| !**goes) {
        entries.extend_from_slice(&bytes[entry.at..entry.at + ENTRY_BYTES]);
        count += 1;
    }
    let from = directory.entries[first].at;
    let next = directory.span.start + 2 + directory.entries.len() * ENTRY_BYTES;
    entries.extend_from_slice(&bytes[next..directory.span.end]);
    draft.write(directory.span.start, &tiff.order().bytes_of(count));
    draft.write(from, &entries);
    draft.zero(from + entries.len()..directory.span.end);
}

/// What of `range` lies outside of all `kept`, which are sorted by where they begin.
fn outside(range: Range<usize>, kept: &[Range<usize>]) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    let mut gaps = Vec::new();
    let touching =
        |kept: &&Range<usize>| !kept.is_empty() && kept.end > range.start && kept.start < range.end;
    for kept in kept.iter().filter(touching) {
        if kept.start > at {
            gaps.push(at..kept.start);
        }
        at = at.max(kept.end);
    }
    if at < range.end {
        gaps.push(at..range.end);
    }
    gaps.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_between_what_stays() {
        let check = |range, kept: &[Range<usize>], expected: &[Range<usize>]| {
            assert_eq!(outside(range, kept).collect::<Vec<_>>(), expected);
        };
        check(0..10, &[2..4, 3..5, 8..8, 9..20], &[0..2, 5..9]);
        check(0..10, &[], std::slice::from_ref(&(0..10)));
        check(5..10, &[0..20, 6..7], &[]);
    }
}
