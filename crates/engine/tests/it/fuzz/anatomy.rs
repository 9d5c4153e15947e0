//! Where the parts of a file lie, and the numbers by which its readers find their way: what a change must meet to be more
//! than noise. Only as exact as is useful; damaged files give what can still be seen of them.

use std::ops::Range;

/// A number in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) at: usize,
    /// One, two or four bytes.
    pub(super) width: usize,
    pub(super) is_big: bool,
}

/// What can be seen of a file.
#[derive(Debug, Default)]
pub(super) struct Anatomy {
    /// Segments, chunks, boxes, entries of directories.
    pub(super) parts: Vec<Range<usize>>,
    /// Lengths, counts, sizes in pixels, offsets.
    pub(super) fields: Vec<Field>,
}

/// More parts tell nothing new, and hostile files may seem to have millions.
const PARTS_MAX: usize = 400;

impl Anatomy {
    pub(super) fn of(file: &[u8]) -> Self {
        let mut seen = Self::default();
        match file {
            [0xFF, 0xD8, ..] => seen.jpeg(file, 0),
            [0x89, b'P', b'N', b'G', ..] => seen.png(file),
            [b'R', b'I', b'F', b'F', ..] => seen.riff(file),
            [b'I', b'I', ..] | [b'M', b'M', ..] => seen.raw(file),
            [b'F', b'U', b'J', b'I', ..] => {
                seen.field(84, 4, true);
                seen.field(88, 4, true);
                seen.jpegs_inside(file);
            }
            _ if file.get(4..8) == Some(b"ftyp") => seen.boxes(file, 0..file.len(), 0),
            _ => {}
        }
        seen.parts.retain(|part| part.start < part.end && part.end <= file.len());
        seen.fields.retain(|field| field.at + field.width <= file.len());
        seen
    }

    fn is_full(&self) -> bool {
        self.parts.len() >= PARTS_MAX
    }

    fn field(&mut self, at: usize, width: usize, is_big: bool) {
        self.fields.push(Field { at, width, is_big });
    }

    fn jpeg(&mut self, file: &[u8], start: usize) {
        let mut at = start + 2;
        while let Some([0xFF, marker, high, low]) = file.get(at..at + 4).filter(|_| !self.is_full()) {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let mut end = at + 2 + length;
            self.field(at + 2, 2, true);
            match marker {
                0xC0..=0xC2 => {
                    for (offset, width) in [(4, 1), (5, 2), (7, 2), (9, 1), (11, 1), (14, 1)] {
                        self.field(at + offset, width, true);
                    }
                }
                0xC4 | 0xDB | 0xDD => self.field(at + 4, 1, true),
                0xE1 if file.get(at + 4..at + 8) == Some(b"Exif") => self.tiff(file, at + 10),
                0xDA => {
                    self.field(at + 4, 1, true);
                    let data = file.get(end..).unwrap_or_default();
                    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7);
                    end += data.windows(2).position(is_marker).unwrap_or(data.len());
                }
                _ => {}
            }
            self.parts.push(at..end);
            at = end;
        }
    }

    fn png(&mut self, file: &[u8]) {
        let mut at = 8;
        while let Some(head) = file.get(at..at + 8).filter(|_| !self.is_full()) {
            self.field(at, 4, true);
            match &head[4..] {
                b"IHDR" => [(8, 4), (12, 4), (16, 1), (17, 1), (20, 1)]
                    .into_iter()
                    .for_each(|(offset, width)| self.field(at + offset, width, true)),
                b"eXIf" => self.tiff(file, at + 8),
                b"acTL" | b"fcTL" => (0..6).for_each(|index| self.field(at + 8 + index * 4, 4, true)),
                _ => {}
            }
            let end = at.saturating_add(12).saturating_add(number(file, at, 4, true));
            self.parts.push(at..end);
            at = end;
        }
    }

    fn riff(&mut self, file: &[u8]) {
        self.field(4, 4, false);
        let mut at = 12;
        while let Some(head) = file.get(at..at + 8).filter(|_| !self.is_full()) {
            self.field(at + 4, 4, false);
            match &head[..4] {
                b"VP8 " => [14, 16].into_iter().for_each(|offset| self.field(at + offset, 2, false)),
                b"VP8L" => self.field(at + 9, 4, false),
                b"VP8X" => [8, 12, 15].into_iter().for_each(|offset| self.field(at + offset, 2, false)),
                b"EXIF" => self.tiff(file, at + 8),
                _ => {}
            }
            let length = number(file, at + 4, 4, false);
            let end = at.saturating_add(8).saturating_add(length.next_multiple_of(2));
            self.parts.push(at..end);
            at = end;
        }
    }

    fn raw(&mut self, file: &[u8]) {
        self.tiff(file, 0);
        self.jpegs_inside(file);
    }

    fn jpegs_inside(&mut self, file: &[u8]) {
        let starts = file.windows(3).enumerate().filter(|(_, bytes)| bytes == b"\xFF\xD8\xFF");
        let starts: Vec<usize> = starts.map(|(at, _)| at).take(4).collect();
        for at in starts {
            self.jpeg(file, at);
        }
    }

    fn tiff(&mut self, file: &[u8], base: usize) {
        let is_big = file.get(base) == Some(&b'M');
        self.field(base + 4, 4, is_big);
        let mut waiting = vec![number(file, base + 4, 4, is_big)];
        let mut directories = 0;
        while let Some(offset) = waiting.pop().filter(|_| directories < 12) {
            directories += 1;
            let at = base.saturating_add(offset);
            let count = number(file, at, 2, is_big).min(60);
            self.field(at, 2, is_big);
            for entry in (0..count).map(|index| at + 2 + index * 12).filter(|entry| entry + 12 <= file.len())
            {
                for (offset, width) in [(0, 2), (2, 2), (4, 4), (8, 4)] {
                    self.field(entry + offset, width, is_big);
                }
                self.parts.push(entry..entry + 12);
                if matches!(number(file, entry, 2, is_big), 0x8769 | 0x8825 | 0x014A) {
                    waiting.push(number(file, entry + 8, 4, is_big));
                }
            }
            let link = at + 2 + count * 12;
            self.field(link, 4, is_big);
            waiting.extend(Some(number(file, link, 4, is_big)).filter(|offset| *offset > 0));
        }
    }

    fn boxes(&mut self, file: &[u8], within: Range<usize>, depth: usize) {
        let mut at = within.start;
        while at + 8 <= within.end && depth < 6 && !self.is_full() {
            let size = match number(file, at, 4, true) {
                0 => within.end - at,
                size => size.max(8),
            };
            let end = at.saturating_add(size).min(within.end);
            self.field(at, 4, true);
            self.parts.push(at..end);
            match &file[at + 4..at + 8] {
                b"moov" | b"trak" | b"iprp" | b"ipco" | b"dinf" | b"iref" => {
                    self.boxes(file, at + 8..end, depth + 1);
                }
                b"meta" => self.boxes(file, (at + 12).min(end)..end, depth + 1),
                b"iinf" => self.boxes(file, (at + 14).min(end)..end, depth + 1),
                b"uuid" => self.boxes(file, (at + 24).min(end)..end, depth + 1),
                b"CMT1" | b"CMT2" | b"CMT4" => self.tiff(file, at + 8),
                b"ispe" => [12, 16].into_iter().for_each(|offset| self.field(at + offset, 4, true)),
                b"iloc" | b"ipma" | b"infe" | b"hvcC" | b"av1C" | b"pitm" | b"irot" => {
                    (at + 8..end).take(64).for_each(|byte| self.field(byte, 1, true));
                    (at + 8..end).step_by(2).take(64).for_each(|byte| self.field(byte, 2, true));
                }
                _ => {}
            }
            at = end;
        }
    }
}

/// A number of the file; zero where it ends before.
pub(super) fn number(file: &[u8], at: usize, width: usize, is_big: bool) -> usize {
    let bytes = file.get(at..at.saturating_add(width)).unwrap_or_default();
    let push = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
    if is_big { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
}
