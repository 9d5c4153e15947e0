//! What a file is, by its content. Names and content types lie.

use crate::PhotoError;
use crate::containers::bmff::boxes;
use crate::containers::tiff::Tiff;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
    /// HEIF with HEVC pictures, as phones write it; needs libheif.
    Heic,
    /// HEIF with AV1 pictures; needs libheif.
    Avif,
    /// Canon's RAW until 2018.
    Cr2,
    /// Canon's RAW since 2018.
    Cr3,
    /// Nikon's RAW.
    Nef,
    /// Sony's RAW.
    Arw,
    /// Adobe's RAW, which phones and some cameras write.
    Dng,
    /// Fujifilm's RAW.
    Raf,
    /// Olympus' and OM System's RAW.
    Orf,
    /// Panasonic's and Leica's RAW.
    Rw2,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Cr2 => "image/x-canon-cr2",
            Self::Cr3 => "image/x-canon-cr3",
            Self::Nef => "image/x-nikon-nef",
            Self::Arw => "image/x-sony-arw",
            Self::Dng => "image/x-adobe-dng",
            Self::Raf => "image/x-fuji-raf",
            Self::Orf => "image/x-olympus-orf",
            Self::Rw2 => "image/x-panasonic-rw2",
        }
    }

    /// Its usual file name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Cr2 => "cr2",
            Self::Cr3 => "cr3",
            Self::Nef => "nef",
            Self::Arw => "arw",
            Self::Dng => "dng",
            Self::Raf => "raf",
            Self::Orf => "orf",
            Self::Rw2 => "rw2",
        }
    }
}

/// How many bytes of a file [`sniff`] wants; fewer when the file is shorter. The first directory of a RAW file, which
/// tells it from TIFF, lies within.
pub const SNIFF_BYTES: usize = 4096;

/// The format of the file that begins with `head` (its first [`SNIFF_BYTES`] bytes).
///
/// # Errors
/// [`PhotoError::Empty`], [`PhotoError::UnsupportedFormat`] for pictures of other kinds, [`PhotoError::NotAPhoto`].
pub fn sniff(head: &[u8]) -> Result<Format, PhotoError> {
    if head.is_empty() {
        return Err(PhotoError::Empty);
    }
    // Two bytes are all that is left of some truncated JPEG files; `infer` wants three.
    if head == [0xFF, 0xD8] {
        return Ok(Format::Jpeg);
    }
    if is_svg(head) {
        return Err(unsupported("SVG"));
    }
    if let Some(format) = by_brand(head).or_else(|| by_maker(head)) {
        return Ok(format);
    }
    match infer::get(head).map(|kind| (kind.mime_type(), kind.extension())) {
        Some(("image/jpeg", _)) => Ok(Format::Jpeg),
        Some(("image/png", _)) => Ok(Format::Png),
        // `infer` looks at the second half of WebP's signature only.
        Some(("image/webp", _)) if head.starts_with(b"RIFF") => Ok(Format::WebP),
        Some(("image/webp", _)) => Err(PhotoError::NotAPhoto),
        Some(("image/tiff", _)) => Err(unsupported("TIFF")),
        Some(("application/pdf", _)) => Err(unsupported("PDF")),
        Some((mime, extension)) if mime.starts_with("image/") => Err(unsupported(&extension.to_uppercase())),
        _ => Err(PhotoError::NotAPhoto),
    }
}

/// By the brands of an ISO base media file: the first that names a format of pictures. `mif1` and `msf1` alone leave the
/// codec open; it is HEVC in nearly all of them.
fn by_brand(head: &[u8]) -> Option<Format> {
    let ftyp = boxes(head, 0..head.len()).next().filter(|first| &first.kind == b"ftyp")?;
    let (brands, _) = head.get(ftyp.body)?.as_chunks::<4>();
    let format = |(index, brand): (usize, &[u8; 4])| match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some(Format::Heic),
        b"avif" | b"avis" => Some(Format::Avif),
        b"crx " if index == 0 => Some(Format::Cr3),
        _ => None,
    };
    // The second is a version.
    let named = brands.iter().enumerate().filter(|(index, _)| *index != 1).find_map(format);
    let is_open = || matches!(brands.first(), Some(b"mif1" | b"msf1"));
    named.or_else(|| is_open().then_some(Format::Heic))
}

/// By how makers of cameras begin their files.
fn by_maker(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"FUJIFILMCCD-RAW") {
        return Some(Format::Raf);
    }
    match head.first_chunk()? {
        b"IIU\0" => Some(Format::Rw2),
        b"IIRO" | b"IIRS" | b"MMOR" => Some(Format::Orf),
        b"II*\0" if head.get(8..10) == Some(b"CR") => Some(Format::Cr2),
        b"II*\0" | b"MM\0*" => by_directory(head),
        _ => None,
    }
}

/// By the first directory of a TIFF structure. Where that lies behind `head`, the file may be a DNG, and is taken for one
/// until all of it is there.
pub(crate) fn by_directory(head: &[u8]) -> Option<Format> {
    let (tiff, first) = Tiff::open(head, 0)?;
    let Some(directory) = tiff.directory(first) else {
        return (head.len() >= SNIFF_BYTES).then_some(Format::Dng);
    };
    let maker = directory.entry(0x010F).map(|entry| tiff.value(entry)).unwrap_or_default();
    // Dng's version; directories below this one, where RAW files have their sensor's data.
    if directory.entry(0xC612).is_some() {
        return Some(Format::Dng);
    }
    directory.entry(0x014A)?;
    if maker.starts_with(b"NIKON") {
        Some(Format::Nef)
    } else if maker.starts_with(b"SONY") {
        Some(Format::Arw)
    } else {
        None
    }
}

fn unsupported(format: &str) -> PhotoError {
    PhotoError::UnsupportedFormat { format: format.to_owned() }
}

fn is_svg(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(b"<") && head.windows(4).any(|word| word.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_directory_tells_raw_files_from_tiff() {
        let check = |tags: &[u16], maker: &[u8; 6], expected: Option<Format>| {
            let mut tags = tags.to_vec();
            tags.push(0x010F);
            tags.sort_unstable();
            let maker_at = 8 + 2 + 12 * tags.len() + 4;
            let mut file = b"MM\0*\0\0\0\x08\0".to_vec();
            file.push(u8::try_from(tags.len()).unwrap());
            for tag in tags {
                file.extend(tag.to_be_bytes());
                file.extend(if tag == 0x010F { [0, 2, 0, 0, 0, 6] } else { [0, 4, 0, 0, 0, 1] });
                file.extend(u32::try_from(maker_at).unwrap().to_be_bytes());
            }
            file.extend([0; 4]);
            file.extend(maker);
            assert_eq!(by_maker(&file), expected);
        };
        check(&[0x014A], b"NIKON\0", Some(Format::Nef));
        check(&[0x014A], b"SONY\0\0", Some(Format::Arw));
        check(&[0xC612], b"Apple\0", Some(Format::Dng));
        check(&[0x014A], b"Adobe\0", None);
        check(&[], b"NIKON\0", None);
        let late = [&b"II*\0\0\0\x10\0"[..], &[0; SNIFF_BYTES]].concat();
        assert_eq!(by_maker(&late), Some(Format::Dng));
        assert_eq!(by_maker(&late[..100]), None);
    }

    #[test]
    fn content_decides() {
        let check = |head: &[u8], expected: &str| {
            let found = sniff(head).map_or_else(|error| error.code(), Format::extension);
            assert_eq!(found, expected, "{head:?}");
        };
        check(b"", "empty_file");
        check(b"\xFF\xD8", "jpg");
        check(b"\xFF\xD8\xFF\xE0", "jpg");
        check(b"\x89PNG\r\n\x1a\n", "png");
        check(b"RIFF....WEBPVP8 ", "webp");
        check(b"XXXX....WEBPVP8 ", "not_a_photo");
        check(b"GIF89a", "unsupported_format");
        check(b" <?xml version='1.0'?><svg xmlns", "unsupported_format");
        check(b"%PDF-1.7", "unsupported_format");
        check(b"<html><body>", "not_a_photo");
        check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic");
        check(b"\0\0\0\x1Cftypmif1\0\0\0\0mif1miafavif", "avif");
        check(b"\0\0\0\x14ftypmsf1\0\0\0\0msf1", "heic");
        check(b"\0\0\0\x14ftypcrx \0\0\0\x01crx ", "cr3");
        check(b"\0\0\0\x14ftypmp42\0\0\0\0isom", "not_a_photo");
        check(b"FUJIFILMCCD-RAW 0201", "raf");
        check(b"IIU\0\x18\0\0\0", "rw2");
        check(b"IIRO\x08\0\0\0", "orf");
        check(b"MMOR\0\0\0\x08", "orf");
        check(b"II*\0\x10\0\0\0CR\x02\0", "cr2");
        check(b"II*\0\x08\0\0\0\0\0\0\0\0\0", "unsupported_format");
        check(b"hello", "not_a_photo");
        check(b"MZ\x90\0", "not_a_photo");
    }
}
