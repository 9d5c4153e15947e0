//! Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): HEIC, AVIF, CR3 and the films beside photos.

use std::ops::Range;

/// One box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boxed {
    /// Its four letters.
    pub(crate) kind: [u8; 4],
    /// Where it begins.
    pub(crate) at: usize,
    /// What it holds, behind its header.
    pub(crate) body: Range<usize>,
}

/// The boxes that lie one after another in `range` of `bytes`, up to the first that is none.
pub(crate) fn boxes(bytes: &[u8], range: Range<usize>) -> Boxes<'_> {
    let end = range.end.min(bytes.len());
    Boxes { bytes, at: range.start, end }
}

/// See [`boxes`].
pub(crate) struct Boxes<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl Iterator for Boxes<'_> {
    type Item = Boxed;

    fn next(&mut self) -> Option<Boxed> {
        let at = self.at;
        let rest = self.bytes.get(at..self.end)?;
        let (short, kind) = (number(rest, 0..4)?, *rest.get(4..8)?.first_chunk()?);
        let (header, size) = match short {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(number(rest, 8..16)?).ok()?),
            _ => (8, usize::try_from(short).ok()?),
        };
        if size < header || size > rest.len() {
            return None;
        }
        self.at = at + size;
        Some(Boxed { kind, at, body: at + header..at + size })
    }
}

/// The big-endian number of up to eight bytes in `range`.
pub(crate) fn number(bytes: &[u8], range: Range<usize>) -> Option<u64> {
    let digits = bytes.get(range).filter(|digits| digits.len() <= 8)?;
    Some(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

/// Reads numbers and texts one after another.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// Where the next one begins.
    pub(crate) at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(bytes: &'a [u8], range: Range<usize>) -> Self {
        Self { bytes, at: range.start, end: range.end.min(bytes.len()) }
    }

    /// A number of `width` bytes; zero when the width is.
    pub(crate) fn number(&mut self, width: usize) -> Option<u64> {
        let end = self.at.checked_add(width).filter(|end| *end <= self.end)?;
        let number = number(self.bytes, self.at..end)?;
        self.at = end;
        Some(number)
    }

    /// As [`Self::number`], of at most four bytes.
    pub(crate) fn u32(&mut self, width: usize) -> Option<u32> {
        self.number(width).and_then(|number| u32::try_from(number).ok())
    }

    /// As [`Self::number`], for counting and for places.
    pub(crate) fn usize(&mut self, width: usize) -> Option<usize> {
        self.number(width).and_then(|number| usize::try_from(number).ok())
    }

    /// Four letters.
    pub(crate) fn kind(&mut self) -> Option<[u8; 4]> {
        let kind = self.bytes.get(self.at..self.end)?.first_chunk()?;
        self.at += 4;
        Some(*kind)
    }

    /// A text up to its zero.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..self.end)?;
        let length = memchr::memchr(0, rest)?;
        self.at += length + 1;
        Some(&rest[..length])
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> Range<usize> {
        self.at.min(self.end)..self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_every_size_form() {
        let bytes = b"\0\0\0\x0Aftyphi\0\0\0\x01wide\0\0\0\0\0\0\0\x11!\0\0\0\0mdatrest";
        let found: Vec<_> = boxes(bytes, 0..bytes.len()).map(|found| (found.kind, found.body)).collect();
        assert_eq!(found, [(*b"ftyp", 8..10), (*b"wide", 26..27), (*b"mdat", 35..39)]);
    }

    #[test]
    fn a_box_that_is_too_small_or_too_large_ends_the_walk() {
        assert_eq!(boxes(b"\0\0\0\x07free", 0..8).count(), 0);
        assert_eq!(boxes(b"\0\0\0\x09free", 0..8).count(), 0);
        assert_eq!(boxes(b"\0\0\0\x01free\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 0..16).count(), 0);
        assert_eq!(boxes(b"", 5..9).count(), 0);
    }
}
