//! Directories of TIFF structures: EXIF blocks, and the RAW files that are built like TIFF (TIFF 6.0, section 2).

use std::ops::Range;

/// A TIFF structure that begins somewhere in a file. All places that it gives count from the file's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiff<'a> {
    /// The file, up to where the structure ends.
    bytes: &'a [u8],
    /// Where the structure begins: its own offsets count from here.
    base: usize,
    order: Order,
}

/// The byte order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Intel's, `II`.
    Little,
    /// Motorola's, `MM`.
    Big,
}

/// A directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Where it lies, from the number of entries to the offset of the next directory.
    pub(crate) span: Range<usize>,
    /// Its entries, in their order.
    pub(crate) entries: Vec<Entry>,
    /// Where the next directory begins, as the file says it.
    pub(crate) next: Option<usize>,
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where its [`ENTRY_BYTES`] bytes lie.
    pub(crate) at: usize,
    pub(crate) tag: u16,
    kind: u16,
    count: usize,
    /// Where its value lies: in the entry itself when four bytes suffice. Empty when it would lie outside of the file.
    pub(crate) value: Range<usize>,
}

/// Bytes of an entry.
pub(crate) const ENTRY_BYTES: usize = 12;
/// Most entries of a directory: cameras write up to about a hundred.
const ENTRIES_MAX: usize = 2048;
/// Most numbers that are read of one entry: the strips or tiles of a picture.
const NUMBERS_MAX: usize = 1 << 16;

/// The number after the byte order: TIFF's, Panasonic's (`IIU\0`), Olympus' (`IIRO`, `MMOR`) and (`IIRS`).
const MAGIC: [u16; 4] = [42, 0x55, 0x4F52, 0x5352];

impl Order {
    fn of(mark: &[u8]) -> Option<Self> {
        match mark {
            b"II" => Some(Self::Little),
            b"MM" => Some(Self::Big),
            _ => None,
        }
    }

    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(crate) fn bytes_of(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

impl<'a> Tiff<'a> {
    /// The structure that begins at `base` with a TIFF header, and where its first directory lies.
    pub(crate) fn open(bytes: &'a [u8], base: usize) -> Option<(Self, usize)> {
        let order = Order::of(bytes.get(base..base.checked_add(2)?)?)?;
        let tiff = Self { bytes, base, order };
        let magic = tiff.u16(base + 2)?;
        MAGIC.contains(&magic).then_some(())?;
        Some((tiff, tiff.place(tiff.u32(base + 4)?)?))
    }

    /// The same file with offsets that count from `base`, in this byte order: some makers' notes.
    pub(crate) fn rebased(self, base: usize, order: Order) -> Self {
        Self { base, order, ..self }
    }

    /// The same structure with numbers in this byte order.
    pub(crate) fn with_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// The byte order of its numbers.
    pub(crate) fn order(self) -> Order {
        self.order
    }

    /// The directory at `at`; nothing when it does not lie in the file whole.
    pub(crate) fn directory(self, at: usize) -> Option<Directory> {
        let count = usize::from(self.u16(at)?);
        if count > ENTRIES_MAX {
            return None;
        }
        let entries_end = at + 2 + count * ENTRY_BYTES;
        let entries: Option<Vec<_>> =
            (0..count).map(|index| self.entry(at + 2 + index * ENTRY_BYTES)).collect();
        let next = self.u32(entries_end);
        let end = if next.is_some() { entries_end + 4 } else { entries_end };
        let next = next.filter(|offset| *offset != 0).and_then(|offset| self.place(offset));
        Some(Directory { span: at..end, entries: entries?, next })
    }

    fn entry(self, at: usize) -> Option<Entry> {
        let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
        let (count, first) = (usize::try_from(self.u32(at + 4)?).ok()?, self.u32(at + 8)?);
        let size = count.checked_mul(unit(kind));
        let value = match size {
            Some(size @ 0..=4) => Some(at + 8..at + 8 + size),
            Some(size) => self.place(first).and_then(|start| Some(start..start.checked_add(size)?)),
            None => None,
        };
        let value = value.filter(|value| value.end <= self.bytes.len()).unwrap_or(0..0);
        Some(Entry { at, tag, kind, count, value })
    }

    /// The bytes of an entry's value.
    pub(crate) fn value(self, entry: &Entry) -> &'a [u8] {
        self.bytes.get(entry.value.clone()).unwrap_or_default()
    }

    /// The whole numbers of an entry; none when it holds something else.
    pub(crate) fn numbers(self, entry: &Entry) -> Vec<u32> {
        let value = self.value(entry);
        let count = entry.count.min(NUMBERS_MAX);
        match unit(entry.kind) {
            2 => value.as_chunks().0.iter().take(count).map(|n| self.order.u16(*n).into()).collect(),
            4 => value.as_chunks().0.iter().take(count).map(|n| self.order.u32(*n)).collect(),
            _ => Vec::new(),
        }
    }

    /// The places that an entry's numbers point to.
    pub(crate) fn places(self, entry: &Entry) -> Vec<usize> {
        self.numbers(entry).into_iter().filter_map(|offset| self.place(offset)).collect()
    }

    fn place(self, offset: u32) -> Option<usize> {
        self.base.checked_add(usize::try_from(offset).ok()?)
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| self.order.u16(*bytes))
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| self.order.u32(*bytes))
    }
}

impl Directory {
    /// The entry with this tag.
    pub(crate) fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}

impl Entry {
    /// Whether the value lies outside of the entry.
    pub(crate) fn is_apart(&self) -> bool {
        !self.value.is_empty() && !(self.at..self.at + ENTRY_BYTES).contains(&self.value.start)
    }
}

/// Bytes of one value of a type (TIFF 6.0, section 2, and the IFD type of its supplement 1).
fn unit(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry: tag 0x0110, ASCII, 6 bytes at 26.
    const SMALL: &[u8] = b"junkII*\0\x08\0\0\0\x01\0\x10\x01\x02\0\x06\0\0\0\x1A\0\0\0\0\0\0\0Canon\0";

    #[test]
    fn places_count_from_the_start_of_the_file() {
        let (tiff, first) = Tiff::open(SMALL, 4).unwrap();
        let directory = tiff.directory(first).unwrap();
        assert_eq!(directory.span, 12..30);
        assert_eq!(directory.next, None);
        assert_eq!(tiff.value(directory.entry(0x110).unwrap()), b"Canon\0");
        assert!(directory.entries[0].is_apart());
    }

    #[test]
    fn what_lies_outside_of_the_file_is_empty() {
        let (tiff, first) = Tiff::open(&SMALL[..SMALL.len() - 1], 4).unwrap();
        assert!(tiff.value(&tiff.directory(first).unwrap().entries[0]).is_empty());
        let (tiff, first) = Tiff::open(&SMALL[..24], 4).unwrap();
        assert!(tiff.directory(first).is_none());
        assert!(Tiff::open(SMALL, 0).is_none());
        assert!(Tiff::open(SMALL, usize::MAX).is_none());
    }
}
