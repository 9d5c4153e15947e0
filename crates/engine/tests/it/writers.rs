//! Small writers of what cameras write: TIFF directories and what is around them.

/// What an entry holds.
pub(crate) enum Value {
    /// Text, with its zero.
    Text(&'static str),
    /// One 16-bit number.
    Short(u16),
    /// 32-bit numbers.
    Longs(Vec<u32>),
    /// Bytes of no particular kind.
    Bytes(Vec<u8>),
    /// Rational numbers.
    Rationals(Vec<(u32, u32)>),
    /// A directory that the entry points to.
    Directory(Vec<(u16, Value)>),
    /// A picture that the entry points to; its length is for another entry to tell.
    Blob(Vec<u8>),
}

/// A TIFF structure: a header, and directories that follow each other.
pub(crate) fn tiff(header: &[u8], directories: Vec<Vec<(u16, Value)>>) -> Vec<u8> {
    let is_big = header.starts_with(b"MM");
    let mut file = Writer { bytes: header.to_vec(), is_big };
    let mut link = 4;
    for directory in directories {
        let at = file.here();
        file.set(link, at);
        link = file.directory(directory);
    }
    file.bytes
}

/// Header of a TIFF structure, whose first directory follows.
pub(crate) const LITTLE: &[u8] = b"II*\0\0\0\0\0";
pub(crate) const BIG: &[u8] = b"MM\0*\0\0\0\0";

struct Writer {
    bytes: Vec<u8>,
    is_big: bool,
}

impl Writer {
    fn here(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap()
    }

    fn number16(&self, number: u16) -> [u8; 2] {
        if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn number32(&self, number: u32) -> [u8; 4] {
        if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn set(&mut self, at: usize, number: u32) {
        let number = self.number32(number);
        self.bytes[at..at + 4].copy_from_slice(&number);
    }

    /// Writes a directory and what it holds; gives the place of the link to the next.
    fn directory(&mut self, mut entries: Vec<(u16, Value)>) -> usize {
        entries.sort_by_key(|(tag, _)| *tag);
        self.bytes.extend(self.number16(u16::try_from(entries.len()).unwrap()));
        let start = self.bytes.len();
        let link = start + entries.len() * 12;
        self.bytes.resize(link + 4, 0);
        for (index, (tag, value)) in entries.into_iter().enumerate() {
            let at = start + index * 12;
            let (kind, count, bytes) = self.encoded(value);
            let head = [self.number16(tag), self.number16(kind)].concat();
            self.bytes[at..at + 4].copy_from_slice(&head);
            self.set(at + 4, count);
            if let Some(bytes) = bytes {
                if bytes.len() <= 4 {
                    self.bytes[at + 8..at + 8 + bytes.len()].copy_from_slice(&bytes);
                } else {
                    let here = self.here();
                    self.set(at + 8, here);
                    self.bytes.extend(bytes);
                }
            }
        }
        link
    }

    /// Type, count and bytes of a value; of a directory and a picture, once they are written, where they lie.
    fn encoded(&mut self, value: Value) -> (u16, u32, Option<Vec<u8>>) {
        let count = |length: usize| u32::try_from(length).unwrap();
        match value {
            Value::Text(text) => (2, count(text.len() + 1), Some([text.as_bytes(), b"\0"].concat())),
            Value::Short(number) => (3, 1, Some(self.number16(number).to_vec())),
            Value::Longs(numbers) => {
                let bytes = numbers.iter().flat_map(|number| self.number32(*number)).collect();
                (4, count(numbers.len()), Some(bytes))
            }
            Value::Bytes(bytes) => (7, count(bytes.len()), Some(bytes)),
            Value::Rationals(numbers) => {
                let parts = numbers.iter().flat_map(|(above, below)| [*above, *below]);
                (5, count(numbers.len()), Some(parts.flat_map(|number| self.number32(number)).collect()))
            }
            Value::Directory(entries) => {
                let at = self.here();
                self.directory(entries);
                (4, 1, Some(self.number32(at).to_vec()))
            }
            Value::Blob(bytes) => {
                let at = self.here();
                self.bytes.extend(bytes);
                (4, 1, Some(self.number32(at).to_vec()))
            }
        }
    }
}

/// A JPEG segment.
pub(crate) fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), payload].concat()
}

/// `jpeg` with further segments behind its first two bytes.
pub(crate) fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// A box of the ISO base media file format.
pub(crate) fn boxed(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, body].concat()
}

/// A PNG chunk.
pub(crate) fn png_chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let named = [kind, data].concat();
    let length = u32::try_from(data.len()).unwrap();
    [&length.to_be_bytes()[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A RIFF chunk.
pub(crate) fn riff_chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    [kind, &length.to_le_bytes(), data, &vec![0; data.len() % 2]].concat()
}
