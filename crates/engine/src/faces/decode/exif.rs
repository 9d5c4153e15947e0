//! What EXIF says of a photo. Broken EXIF says nothing; it never makes a photo unreadable.

use exif::{Exif, In, Reader, Tag, Value};

use super::orientation::Orientation;
use crate::containers::tiff::{Directory, Tiff};

/// The part of EXIF that is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// How the pixels are to be turned, where it says so.
    pub(crate) orientation: Option<Orientation>,
    /// `DateTimeOriginal` (else `DateTime`) as `YYYY-MM-DDTHH:MM:SS`, in the camera's local time.
    pub(crate) taken_at: Option<String>,
    /// Maker and model.
    pub(crate) camera: Option<String>,
}

/// Largest EXIF block that is read; JPEG segments cannot hold more than 64 KiB.
pub(super) const BYTES_MAX: usize = 1 << 20;
/// Longest name of a camera, in characters.
const CAMERA_CHARS_MAX: usize = 100;

impl Metadata {
    /// Reads an EXIF block (a TIFF structure).
    pub(crate) fn read(block: Option<Vec<u8>>) -> Self {
        let Some(block) = block.filter(|block| block.len() <= BYTES_MAX) else { return Self::default() };
        let read = Reader::new().continue_on_error(true).read_raw(block);
        let Ok(exif) = read.or_else(|error| error.distill_partial_result(|_| ())) else {
            return Self::default();
        };
        Self {
            orientation: orientation(&exif),
            taken_at: [Tag::DateTimeOriginal, Tag::DateTime]
                .iter()
                .find_map(|tag| date_time(ascii(&exif, *tag)?)),
            camera: camera(ascii(&exif, Tag::Make), ascii(&exif, Tag::Model)),
        }
    }

    /// Reads the first directory of a RAW file and the EXIF directory that it points to. These files are too large to be
    /// copied, and most have numbers of their own where TIFF's stands.
    pub(crate) fn of_raw(tiff: Tiff<'_>, first: usize) -> Self {
        let Some(main) = tiff.directory(first) else { return Self::default() };
        let text = |directory: &Directory, tag: Tag| {
            let value = tiff.value(directory.entry(tag.number())?);
            Some(clean(value.split(|byte| *byte == 0).next()?))
        };
        let pointer = main.entry(EXIF_DIRECTORY).map(|entry| tiff.places(entry)).unwrap_or_default();
        // In CR3 the EXIF directory is the first of a structure of its own.
        let exif = pointer.first().and_then(|at| tiff.directory(*at)).unwrap_or_else(|| main.clone());
        let code =
            main.entry(Tag::Orientation.number()).and_then(|entry| tiff.numbers(entry).first().copied());
        let original = text(&exif, Tag::DateTimeOriginal).and_then(date_time);
        Self {
            orientation: code.and_then(Orientation::from_exif),
            taken_at: original.or_else(|| text(&main, Tag::DateTime).and_then(date_time)),
            camera: camera(text(&main, Tag::Make), text(&main, Tag::Model)),
        }
    }

    /// What this says, and where it says nothing, what `other` does.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            orientation: self.orientation.or(other.orientation),
            taken_at: self.taken_at.or(other.taken_at),
            camera: self.camera.or(other.camera),
        }
    }
}

/// The entry of the first directory that points to the EXIF directory.
const EXIF_DIRECTORY: u16 = 0x8769;

fn orientation(exif: &Exif) -> Option<Orientation> {
    let field = exif.get_field(Tag::Orientation, In::PRIMARY);
    let code = field.and_then(|field| field.value.get_uint(0));
    code.and_then(Orientation::from_exif)
}

/// `2025:06:14 12:00:00` as `2025-06-14T12:00:00`; nothing when it is no date.
#[expect(clippy::needless_pass_by_value, reason = "made to stand in `and_then`")]
fn date_time(text: String) -> Option<String> {
    let parsed = exif::DateTime::from_ascii(text.as_bytes()).ok()?;
    let exif::DateTime { year, month, day, hour, minute, second, .. } = parsed;
    let is_date =
        (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    let is_time = hour < 24 && minute < 60 && second < 60;
    (is_date && is_time).then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

fn days(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Maker and model, without the maker's name twice.
fn camera(maker: Option<String>, model: Option<String>) -> Option<String> {
    let (maker, model) = (maker.unwrap_or_default(), model.unwrap_or_default());
    let first_word = maker.split(' ').next().unwrap_or_default();
    let repeats = !first_word.is_empty() && model.to_lowercase().starts_with(&first_word.to_lowercase());
    let camera = if repeats { model } else { format!("{maker} {model}") };
    let camera: String = camera.trim().chars().take(CAMERA_CHARS_MAX).collect();
    (!camera.is_empty()).then_some(camera)
}

fn ascii(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    lines.first().map(|line| clean(line))
}

/// A text without control characters and the white space around it.
fn clean(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian TIFF directory of one ASCII and one short value.
    fn block(orientation: u8, model: &[u8; 12]) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x02\0".to_vec();
        block.extend(b"\x10\x01\x02\0\x0C\0\0\0\x26\0\0\0");
        block.extend(b"\x12\x01\x03\0\x01\0\0\0");
        block.extend([orientation, 0, 0, 0]);
        block.extend([0; 4]);
        block.extend(model);
        block
    }

    #[test]
    fn fields_are_read() {
        let read = Metadata::read(Some(block(6, b"NIKON D750\n\0")));
        assert_eq!(read.orientation, Orientation::from_exif(6));
        assert_eq!(read.camera.as_deref(), Some("NIKON D750"));
        assert_eq!(read.taken_at, None);
    }

    #[test]
    fn a_raw_file_says_the_same() {
        let block = block(6, b"NIKON D750\n\0");
        let (tiff, first) = Tiff::open(&block, 0).unwrap();
        assert_eq!(Metadata::of_raw(tiff, first), Metadata::read(Some(block.clone())));
    }

    #[test]
    fn what_one_source_lacks_another_may_say() {
        let camera = Metadata { camera: Some("D750".to_owned()), ..Metadata::default() };
        let turned = Metadata {
            orientation: Orientation::from_exif(6),
            camera: Some("Z 9".to_owned()),
            taken_at: None,
        };
        let both = camera.or(turned);
        assert_eq!(both.camera.as_deref(), Some("D750"));
        assert_eq!(both.orientation, Orientation::from_exif(6));
    }

    #[test]
    fn nonsense_says_nothing() {
        assert_eq!(Metadata::read(None), Metadata::default());
        assert_eq!(Metadata::read(Some(b"nonsense".to_vec())), Metadata::default());
        assert_eq!(Metadata::read(Some(block(9, b"           \0"))), Metadata::default());
    }
}
