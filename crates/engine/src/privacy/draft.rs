//! Patches while a file is walked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::patches::{Fill, Patch, Patches};
use crate::PhotoError;

/// Collects changes. What was changed first stays: a later change only takes what is left of its place.
pub(super) struct Draft<'a> {
    /// The file.
    pub(super) bytes: &'a [u8],
    /// From where, to where and with what.
    parts: BTreeMap<usize, (usize, Fill)>,
    literal_bytes: usize,
    entered: BTreeSet<usize>,
}

/// Most changes, and most bytes in them that are neither zeros nor spaces: some hundred times what a camera's file needs.
const PARTS_MAX: usize = 8192;
const LITERAL_BYTES_MAX: usize = Patches::BYTES_MAX / 2;

/// The shortest that readers take for XMP.
const XMP_EMPTY: &[u8] = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"/>"#;

impl<'a> Draft<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, parts: BTreeMap::new(), literal_bytes: 0, entered: BTreeSet::new() }
    }

    /// Whether a structure that begins at `at` has not been walked yet. Files that point in circles end here.
    pub(super) fn enter(&mut self, at: usize) -> bool {
        self.entered.insert(at)
    }

    /// Zeros.
    pub(super) fn zero(&mut self, range: Range<usize>) {
        self.add(range, |_| Fill::Zeros);
    }

    /// Spaces.
    pub(super) fn blank(&mut self, range: Range<usize>) {
        self.add(range, |_| Fill::Spaces);
    }

    /// An XMP packet that says nothing, as long as the one in `range`.
    pub(super) fn xmp(&mut self, range: Range<usize>) {
        if range.len() >= XMP_EMPTY.len() {
            self.write(range.start, XMP_EMPTY);
        }
        self.blank(range);
    }

    /// These bytes, from `at` on.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.literal_bytes += bytes.len();
        if self.literal_bytes <= LITERAL_BYTES_MAX {
            self.add(at..at + bytes.len(), |part| {
                Fill::Bytes(bytes[part.start - at..part.end - at].to_vec())
            });
        }
    }

    fn add(&mut self, range: Range<usize>, fill: impl Fn(Range<usize>) -> Fill) {
        let end = range.end.min(self.bytes.len());
        if range.start >= end || self.parts.len() > PARTS_MAX {
            return;
        }
        let before = self.parts.range(..range.start).next_back().map_or(0, |(_, (end, _))| *end);
        let taken: Vec<_> =
            self.parts.range(range.start..end).map(|(start, (end, _))| (*start, *end)).collect();
        let mut at = range.start.max(before);
        for (start, taken_to) in taken.into_iter().chain([(end, end)]) {
            if at < start {
                self.parts.insert(at, (start, fill(at..start)));
            }
            at = at.max(taken_to);
        }
    }

    /// What `range` of the file becomes.
    pub(super) fn changed(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = self.bytes[range.clone()].to_vec();
        let patches = self.parts.iter().map(|(at, (end, fill))| patch(*at, *end, fill.clone()));
        Patches::of(patches.collect()).apply(range.start as u64, &mut bytes);
        bytes
    }

    /// The changes, without those that change nothing.
    pub(super) fn finish(self) -> Result<Patches, PhotoError> {
        if self.parts.len() > PARTS_MAX || self.literal_bytes > LITERAL_BYTES_MAX {
            return Err(PhotoError::damaged("the metadata has more parts than any camera writes"));
        }
        let changes = |(at, (end, fill)): &(usize, (usize, Fill))| {
            let now = &self.bytes[*at..*end];
            match fill {
                Fill::Zeros => now.iter().any(|byte| *byte != 0),
                Fill::Spaces => now.iter().any(|byte| *byte != b' '),
                Fill::Bytes(bytes) => now != bytes,
            }
        };
        let parts = self.parts.into_iter().filter(changes);
        Ok(Patches::of(parts.map(|(at, (end, fill))| patch(at, end, fill)).collect()))
    }
}

fn patch(at: usize, end: usize, fill: Fill) -> Patch {
    Patch { at: at as u64, length: (end - at) as u64, fill }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_stays() {
        let mut draft = Draft::of(b"abcdefghij");
        draft.write(3, b"XY");
        draft.blank(7..8);
        draft.zero(1..9);
        draft.write(0, b"01234567890123");
        assert_eq!(draft.changed(2..6), b"\0XY\0");
        let mut file = *b"abcdefghij";
        draft.finish().unwrap().apply(0, &mut file);
        assert_eq!(&file, b"0\0\0XY\0\0 \x009");
    }

    #[test]
    fn what_changes_nothing_is_left_out_and_too_much_is_refused() {
        let bytes = vec![0; 20_000];
        let mut draft = Draft::of(&bytes);
        draft.zero(5..100);
        assert!(draft.finish().unwrap().is_empty());
        let bytes = vec![0; 20_000];
        let mut draft = Draft::of(&bytes);
        (0..10_000).for_each(|index| draft.blank(index * 2..index * 2 + 1));
        assert_eq!(draft.finish().unwrap_err().code(), "damaged");
    }
}
