//! The segments of a JPEG file (ITU-T T.81, annex B): what is known before decoding, and what can be mended.

use crate::PhotoError;

const TEM: u8 = 0x01;
const RST0: u8 = 0xD0;
const RST7: u8 = 0xD7;
pub(crate) const SOI: u8 = 0xD8;
pub(crate) const EOI: u8 = 0xD9;
pub(crate) const SOS: u8 = 0xDA;
pub(crate) const APP0: u8 = 0xE0;
pub(crate) const APP1: u8 = 0xE1;
pub(crate) const APP14: u8 = 0xEE;
pub(crate) const APP15: u8 = 0xEF;
pub(crate) const COM: u8 = 0xFE;

/// One marker with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    pub(crate) payload: &'a [u8],
}

/// Walks the segments of a file. Between segments it skips what is no marker, as libjpeg does.
pub(crate) struct Segments<'a> {
    bytes: &'a [u8],
    /// Where the next segment is looked for: behind the payload of the last one.
    pub(crate) at: usize,
}

impl<'a> Segments<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next marker that is no fill byte, stuffed zero or restart.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            self.at += self.bytes.get(self.at..)?.iter().position(|byte| *byte == 0xFF)?;
            while *self.bytes.get(self.at)? == 0xFF {
                self.at += 1;
            }
            let marker = self.bytes[self.at];
            self.at += 1;
            if marker != 0 && marker != TEM && !(RST0..=RST7).contains(&marker) {
                return Some(marker);
            }
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let marker = self.next_marker()?;
        if marker == SOI || marker == EOI {
            return Some(Segment { marker, payload: &[] });
        }
        let length = self.bytes.get(self.at..self.at + 2)?;
        let end = self.at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
        let payload = self.bytes.get(self.at + 2..end)?;
        self.at = end;
        Some(Segment { marker, payload })
    }
}

/// How the picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Row by row.
    Sequential,
    /// In scans over the whole picture, which keep all coefficients in memory.
    Progressive,
    /// Lossless, hierarchical, or with more than eight bits: nothing that cameras write.
    Rare,
}

/// What stands before the pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
    pub(crate) coding: Coding,
    /// Adobe's segment, which says among other things that CMYK values are inverted.
    pub(crate) is_adobe: bool,
    /// The EXIF block, a TIFF structure.
    pub(crate) exif: Option<&'a [u8]>,
}

/// Reads the segments before the first scan.
///
/// # Errors
/// [`PhotoError::Truncated`] when the file ends before the first scan, [`PhotoError::Damaged`] when there is a scan or
/// an end but no frame before it.
pub(super) fn header(bytes: &[u8]) -> Result<Header<'_>, PhotoError> {
    let mut frame = None;
    let mut is_adobe = false;
    let mut exif = None;
    for Segment { marker, payload } in Segments::of(bytes) {
        match marker {
            SOS | EOI => {
                let frame = frame.ok_or_else(|| PhotoError::damaged("no frame before the first scan"));
                return frame.map(|frame| Header { is_adobe, exif, ..frame });
            }
            APP1 if exif.is_none() => exif = payload.strip_prefix(b"Exif\0\0"),
            APP14 => is_adobe |= payload.starts_with(b"Adobe"),
            marker if frame.is_none() => frame = frame_header(marker, payload),
            _ => {}
        }
    }
    Err(PhotoError::Truncated)
}

/// Reads a start-of-frame segment (SOF0–SOF15 without the three other codes in that range).
fn frame_header(marker: u8, payload: &[u8]) -> Option<Header<'static>> {
    let coding = match marker {
        0xC0 | 0xC1 | 0xC9 => Coding::Sequential,
        0xC2 | 0xCA => Coding::Progressive,
        0xC3 | 0xC5..=0xC7 | 0xCB | 0xCD..=0xCF => Coding::Rare,
        _ => return None,
    };
    let [bits, height_high, height_low, width_high, width_low, ..] = *payload else { return None };
    Some(Header {
        width_px: u32::from(u16::from_be_bytes([width_high, width_low])),
        height_px: u32::from(u16::from_be_bytes([height_high, height_low])),
        coding: if bits == 8 { coding } else { Coding::Rare },
        is_adobe: false,
        exif: None,
    })
}

/// Most segments before the first scan of a JPEG inside another file: cameras write fewer than fifty.
const EMBEDDED_SEGMENTS_MAX: usize = 256;

/// Reads the segments before the first scan of what may be a JPEG file in the midst of other data. Unlike [`header`] it
/// takes no byte for granted: chance looks like a start of an image once in 16 million bytes, but hardly goes on like one.
pub(crate) fn embedded_header(bytes: &[u8]) -> Option<Header<'_>> {
    let mut rest = bytes.strip_prefix(&[0xFF, SOI])?;
    let (mut frame, mut is_adobe, mut exif) = (None, false, None);
    for _ in 0..EMBEDDED_SEGMENTS_MAX {
        let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
        let [marker, high, low, ..] = *rest.get(fill..)? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let payload = rest.get(fill + 3..fill + 1 + length)?;
        if fill == 0 || marker < 0xC0 || (RST0..=EOI).contains(&marker) {
            return None;
        }
        rest = &rest[fill + 1 + length..];
        match marker {
            SOS => return frame.map(|frame| Header { is_adobe, exif, ..frame }),
            APP1 if exif.is_none() => exif = payload.strip_prefix(b"Exif\0\0"),
            APP14 => is_adobe |= payload.starts_with(b"Adobe"),
            _ if frame.is_some() => {}
            _ => frame = frame_header(marker, payload).filter(|frame| is_consistent(*frame, payload)),
        }
    }
    None
}

/// Whether a frame header has pixels, and as many components as it has room for.
fn is_consistent(frame: Header<'_>, payload: &[u8]) -> bool {
    let components = payload.get(5).map_or(0, |count| usize::from(*count));
    let has_pixels = frame.width_px > 0 && frame.height_px > 0;
    has_pixels && (1..=4).contains(&components) && payload.len() == 6 + 3 * components
}

/// Whether the picture's end is there. What follows it does not matter.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    Segments::of(bytes).any(|segment| segment.marker == EOI)
}

/// A copy without what decoders stumble over but pixels do not need: metadata segments, padding between the last scan
/// and the end, and a missing end marker. Only Adobe's segment stays: it says what the colours mean.
pub(super) fn tidied(bytes: &[u8]) -> Vec<u8> {
    let mut tidy = Vec::with_capacity(bytes.len());
    tidy.extend([0xFF, SOI]);
    let mut segments = Segments::of(bytes);
    while let Some(Segment { marker, payload }) = segments.next() {
        let is_metadata = matches!(marker, APP0..=APP15 | COM) && marker != APP14;
        if marker == EOI {
            break;
        }
        if marker != SOI && !is_metadata {
            tidy.extend([0xFF, marker]);
            let length = u16::try_from(payload.len() + 2).unwrap_or(u16::MAX);
            tidy.extend(length.to_be_bytes());
            tidy.extend_from_slice(payload);
        }
        if marker == SOS {
            tidy.extend_from_slice(entropy_coded(bytes, segments.at));
        }
    }
    tidy.extend([0xFF, EOI]);
    tidy
}

/// The coded data that begins at `start`, without the padding zeros after it.
fn entropy_coded(bytes: &[u8], start: usize) -> &[u8] {
    let mut ahead = Segments { bytes, at: start };
    let end = match ahead.next_marker() {
        Some(_) => ahead.at - 2,
        None => bytes.len(),
    };
    let coded = &bytes[start..end.max(start)];
    let padding = coded.iter().rev().take_while(|byte| **byte == 0).count();
    let kept = coded.len() - padding;
    // A zero after FF is no padding: together they are a coded FF.
    let kept = if padding > 0 && kept > 0 && coded[kept - 1] == 0xFF { kept + 1 } else { kept };
    &coded[..kept]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey 16 × 8 frame, one scan of five bytes (a stuffed FF and a restart among them), padding, an end.
    const SMALL: &[u8] =
        b"\xFF\xD8\xFF\xE1\0\x0AExif\0\0II\xFF\xFE\0\x04hi\xFF\xC0\0\x0B\x08\0\x08\0\x10\x01\x01\x11\0\
        \xFF\xDA\0\x08\x01\x01\0\0\x3F\0\x12\xFF\0\xFF\xD0\x34\0\0\0\xFF\xD9trailing\xFF\xD9";

    #[test]
    fn a_header_is_read() {
        let header = header(SMALL).unwrap();
        assert_eq!((header.width_px, header.height_px, header.coding), (16, 8, Coding::Sequential));
        assert_eq!(header.exif, Some(&b"II"[..]));
        assert!(!header.is_adobe);
    }

    #[test]
    fn what_is_missing_has_a_name() {
        assert_eq!(header(&SMALL[..20]).unwrap_err(), PhotoError::Truncated);
        assert_eq!(header(b"\xFF\xD8").unwrap_err(), PhotoError::Truncated);
        assert_eq!(header(b"\xFF\xD8\xFF\xD9").unwrap_err().code(), "damaged");
        assert!(is_complete(SMALL));
        assert!(!is_complete(&SMALL[..SMALL.len() - 12]));
    }

    #[test]
    fn an_embedded_header_is_read_strictly() {
        let header = embedded_header(SMALL).unwrap();
        assert_eq!((header.width_px, header.height_px, header.exif), (16, 8, Some(&b"II"[..])));
        let scan_at = SMALL.windows(2).position(|pair| pair == [0xFF, SOS]).unwrap() + 10;
        assert!(embedded_header(&SMALL[..scan_at]).is_some());
        for cut in 0..scan_at {
            assert!(embedded_header(&SMALL[..cut]).is_none(), "{cut}");
        }
        let with = |at: usize, byte: u8| [&SMALL[..at], &[byte], &SMALL[at + 1..]].concat();
        assert!(embedded_header(&with(2, 0)).is_none(), "no marker");
        assert!(embedded_header(&with(3, SOI)).is_none(), "a second start");
        assert!(embedded_header(&with(29, 2)).is_none(), "a component too many");
        let endless = [&[0xFF, SOI][..], &[0xFF, COM, 0, 2].repeat(300), &SMALL[2..]].concat();
        assert!(embedded_header(&endless).is_none());
    }

    #[test]
    fn tidying_keeps_frame_and_scan_only() {
        let expected = b"\xFF\xD8\xFF\xC0\0\x0B\x08\0\x08\0\x10\x01\x01\x11\0\
            \xFF\xDA\0\x08\x01\x01\0\0\x3F\0\x12\xFF\0\xFF\xD0\x34\xFF\xD9";
        assert_eq!(tidied(SMALL), expected);
        assert_eq!(tidied(&SMALL[..SMALL.len() - 12]), expected);
    }
}
