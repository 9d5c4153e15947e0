//! What a file is, by its content. Names and content types lie.

use crate::PhotoError;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// Its usual file name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// How many bytes of a file [`sniff`] wants; fewer when the file is shorter.
pub const SNIFF_BYTES: usize = 512;

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
    match infer::get(head).map(|kind| (kind.mime_type(), kind.extension())) {
        Some(("image/jpeg", _)) => Ok(Format::Jpeg),
        Some(("image/png", _)) => Ok(Format::Png),
        // `infer` looks at the second half of WebP's signature only.
        Some(("image/webp", _)) if head.starts_with(b"RIFF") => Ok(Format::WebP),
        Some(("image/webp", _)) => Err(PhotoError::NotAPhoto),
        Some(("image/heif", _)) => Err(unsupported("HEIC")),
        Some(("image/tiff", _)) => Err(unsupported("TIFF or RAW")),
        Some(("application/pdf", _)) => Err(unsupported("PDF")),
        Some((mime, extension)) if mime.starts_with("image/") => Err(unsupported(&extension.to_uppercase())),
        _ => Err(PhotoError::NotAPhoto),
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
        check(b"hello", "not_a_photo");
        check(b"MZ\x90\0", "not_a_photo");
    }
}
