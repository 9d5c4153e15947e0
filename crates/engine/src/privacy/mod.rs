//! What an original tells about people beside its picture, and how it is delivered without.
//!
//! Cameras and phones write where a photo was taken and the serial numbers of body and lens into the file. Renditions have
//! no metadata at all; an original is to stay what the photographer sent, byte for byte, but for these parts. So they are
//! looked up once, when the photo is read, and kept as [`Patches`]: places and what stands there instead. Whoever delivers
//! the original lays them over the bytes on their way out. The file's length never changes, so ranges stay what they were.
//!
//! | file | blanked |
//! |---|---|
//! | EXIF, wherever it is | the GPS directory; serial numbers of body and lens, owner's name, the photo's unique number; makers' notes, which hold serial numbers in a hundred forms; whatever no entry refers to |
//! | JPEG | EXIF; XMP; places in IPTC; what makers write into segments of their own; all of this in further JPEG files behind the first and in thumbnails; places in films behind the photo |
//! | PNG, WebP | EXIF; XMP; in PNG also ImageMagick's "raw profiles"; checksums are corrected |
//! | HEIC, AVIF | the EXIF and XMP items; places in the film of a sequence |
//! | RAW | EXIF as above in the file and in every preview; XMP; serial numbers, and copies of them anywhere in the file |
//!
//! ## Why
//! * **Entries go, not only their values.** A directory is written anew without them, so that readers find a sound one.
//! * **XMP goes as a whole.** An empty packet and spaces take its place; what an editor or a phone wrote
//!   there cannot be told apart surely. Gain maps that are described there do nothing then: such photos look as they do
//!   on a screen without HDR.
//! * **Makers' notes of RAW files stay**, because white balance and black levels may stand there, and lose their serial
//!   numbers only; see [`maker_notes`]. Where the maker's form is not known they go as a whole. DNG files need none.
//! * **A picture's data is never touched**, even where an entry claims that something private lies in it.
//! * C2PA's statements about the origin of a picture may hold a place, and do not match a changed file; they go.

mod draft;
mod exif;
mod film;
mod heif;
mod jpeg;
mod maker_notes;
mod patches;
mod photoshop;
mod png;
mod raw;
mod webp;

use crate::PhotoError;
use crate::faces::decode::sniff::{Format, SNIFF_BYTES, sniff};
use draft::Draft;
pub use patches::{Patches, PatchesError};

/// What is to be blanked in an original. Pixels are not decoded, so it is as good for a photo that could not be read;
/// needs no engine.
///
/// # Errors
/// When the file is none that [`sniff`] takes, and when its parts cannot be listed: such a file is better not delivered to
/// whoever may not see its metadata.
pub fn private_parts(bytes: &[u8]) -> Result<Patches, PhotoError> {
    let mut draft = Draft::of(bytes);
    match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])? {
        Format::Jpeg => jpeg::clean(&mut draft, 0..bytes.len(), 0),
        Format::Png => png::clean(&mut draft),
        Format::WebP => webp::clean(&mut draft),
        Format::Heic | Format::Avif => heif::clean(&mut draft)?,
        Format::Cr3 => raw::clean_cr3(&mut draft),
        Format::Dng => raw::clean_dng(&mut draft),
        Format::Cr2 | Format::Nef | Format::Arw | Format::Raf | Format::Orf | Format::Rw2 => {
            raw::clean(&mut draft);
        }
    }
    draft.finish()
}
