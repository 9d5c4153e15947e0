//! Delivered originals tell nobody where they were taken, by which camera, or whose it is; and stay the same pictures.

use engine::Format;
use engine::privacy::{Patches, private_parts};
use exif::{In, Tag};

use crate::cameras::{
    self, BODY_SERIAL, INNER_SERIAL, LATITUDE_BYTES, LENS_SERIAL, OWNER, XMP, group, raw_files,
};
use crate::formats::heif;
use crate::support::{files, index_one, name, shared};
use crate::writers::{segment, with_segments};

/// A file as it is delivered: the patches that indexing gives, laid over it.
fn delivered(file: &[u8]) -> Vec<u8> {
    let patches = private_parts(file).unwrap();
    assert_eq!(Patches::from_bytes(&patches.to_bytes()).unwrap(), patches);
    let mut delivered = file.to_vec();
    patches.apply(0, &mut delivered);
    assert!(private_parts(&delivered).unwrap().is_empty(), "blanking twice changes more");
    delivered
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

/// What of all that is private stands in a file.
pub(crate) fn private_in(file: &[u8]) -> Vec<&'static str> {
    let texts =
        [BODY_SERIAL, LENS_SERIAL, INNER_SERIAL, OWNER, "00112233445566778899AABBCCDDEEFF", "+48.8577"];
    let mut found: Vec<_> = texts.into_iter().filter(|text| holds(file, text.as_bytes())).collect();
    found.extend(LATITUDE_BYTES.iter().any(|number| holds(file, number)).then_some("a place"));
    found.extend(holds(file, XMP).then_some("XMP"));
    found
}

/// Nothing private is left in the delivered file, and it gives the same photo.
fn check(file: &[u8], kind: &str, private: usize) {
    assert_eq!(private_in(file).len(), private, "{kind}: {:?}", private_in(file));
    let clean = delivered(file);
    assert_eq!(private_in(&clean), [""; 0], "{kind}");
    assert_eq!(clean.len(), file.len(), "{kind}");
    let (before, after) = (index_one(file).unwrap(), index_one(&clean).unwrap());
    assert_eq!(before.private_parts, private_parts(file).unwrap().to_bytes(), "{kind}");
    assert!(before.private_parts.len() < 3000, "{kind}: {} bytes", before.private_parts.len());
    assert_eq!(after.private_parts, Patches::default().to_bytes(), "{kind}");
    assert_eq!(before.preview, after.preview, "{kind}");
    assert_eq!(
        (before.width_px, before.taken_at, before.camera),
        (after.width_px, after.taken_at, after.camera),
        "{kind}"
    );
    for rendition in [&before.preview, &before.thumb] {
        assert!(private_in(rendition).is_empty() && !holds(rendition, b"Exif"), "{kind}");
    }
}

#[test]
fn raw_files_keep_their_pictures_and_lose_what_is_private() {
    let private = [6, 7, 7, 6, 7, 7, 7, 6];
    for ((extension, file), private) in raw_files().into_iter().zip(private) {
        check(&file, extension, private);
        assert_eq!(
            holds(&file, &cameras::lossless()),
            holds(&delivered(&file), &cameras::lossless()),
            "{extension}"
        );
    }
}

#[test]
fn jpeg_png_webp_and_heic_lose_what_is_private() {
    let hostile = |name: &str| std::fs::read(shared("hostile").join(name)).unwrap();
    check(&cameras::jpeg(&group()), "jpeg", 8);
    check(&cameras::png(&hostile("png_rgba.png")), "png", 7);
    check(&cameras::webp(&hostile("lossless.webp"), 1200, 800), "webp", 7);
    let segments = [
        segment(0xE1, &[&b"Exif\0\0"[..], &cameras::exif_block()].concat()),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP].concat()),
    ];
    for format in [Format::Heic, Format::Avif] {
        if let Some(file) = heif(&with_segments(&group(), &segments), format) {
            check(&file, format.extension(), 7);
        }
    }
}

/// What is not private stays, and readers find sound directories.
#[test]
fn exif_stays_readable() {
    let clean = delivered(&cameras::jpeg(&group()));
    let read = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&clean)).unwrap();
    let text = |tag, place| read.get_field(tag, place).map(|field| field.display_value().to_string());
    assert_eq!(text(Tag::Model, In::PRIMARY).as_deref(), Some("\"iPhone 16\""));
    assert_eq!(text(Tag::Orientation, In::PRIMARY).as_deref(), Some("row 0 at right and column 0 at top"));
    assert_eq!(text(Tag::ExposureTime, In::PRIMARY).as_deref(), Some("1/250"));
    assert_eq!(text(Tag::LensModel, In::PRIMARY).as_deref(), Some("\"50mm F1.8\""));
    assert!(text(Tag::JPEGInterchangeFormat, In::THUMBNAIL).is_some());
    let gone = [
        Tag::BodySerialNumber,
        Tag::LensSerialNumber,
        Tag::CameraOwnerName,
        Tag::ImageUniqueID,
        Tag::MakerNote,
    ];
    assert!(gone.iter().all(|tag| read.get_field(*tag, In::PRIMARY).is_none()));
    assert!(!read.fields().any(|field| field.tag.context() == exif::Context::Gps));
    assert!(holds(&clean, b"caption"), "IPTC that names no place stays");
}

#[test]
fn checksums_of_png_are_right() {
    let png = std::fs::read(shared("hostile").join("png_rgba.png")).unwrap();
    let clean = delivered(&cameras::png(&png));
    let mut at = 8;
    let mut kinds = Vec::new();
    while at < clean.len() {
        let length = u32::from_be_bytes(clean[at..at + 4].try_into().unwrap()) as usize;
        let named = &clean[at + 4..at + 8 + length];
        let sum = u32::from_be_bytes(clean[at + 8 + length..][..4].try_into().unwrap());
        assert_eq!(crc32fast::hash(named), sum);
        kinds.push(String::from_utf8_lossy(&named[..4]).into_owned());
        at += 12 + length;
    }
    assert_eq!(kinds[..6], ["IHDR", "eXIf", "iTXt", "tEXt", "tEXt", "tEXt"]);
    assert!(holds(&clean, b"Comment\0stays"));
}

/// The key that RAW converters make of Nikon's serial number is the same.
#[test]
fn nikons_serial_number_becomes_another_one_with_the_same_key() {
    let (_, nef) = raw_files().into_iter().find(|(extension, _)| *extension == "nef").unwrap();
    let clean = delivered(&nef);
    assert!(holds(&nef, b"6013579\0") && !holds(&clean, b"6013579"));
    assert!(holds(&clean, b"0000139\0") && 6_013_579 % 256 == 139);
}

/// What looks like a directory at the end of a box is none: the next box stays as it is.
#[test]
fn old_notes_behind_a_block_of_cr3_do_not_reach_into_the_next_box() {
    let (_, cr3) = raw_files().into_iter().find(|(extension, _)| *extension == "cr3").unwrap();
    let place = |file: &[u8]| file.windows(12).position(|part| part == b"CMT3II*\0\x08\0\0\0");
    assert!(place(&cr3).is_some());
    assert_eq!(place(&delivered(&cr3)), place(&cr3));
}

/// Files made to hurt, and photos that cannot be read, have private parts too; none of them is looked for without end.
#[test]
fn hostile_files_are_blanked_or_refused() {
    let mut blanked = 0;
    for file in files(&shared("hostile")) {
        let bytes = std::fs::read(&file).unwrap();
        if let Ok(patches) = private_parts(&bytes) {
            let mut clean = bytes.clone();
            patches.apply(0, &mut clean);
            assert!(!holds(&clean, b"GPSLatitude"), "{}", name(&file));
            blanked += 1;
        }
    }
    assert!(blanked > 40, "{blanked}");
    let gps = std::fs::read(shared("hostile").join("exif_gps_xss.jpg")).unwrap();
    assert!(!private_parts(&gps).unwrap().is_empty());
    assert!(!private_parts(&gps[..gps.len() / 2]).unwrap().is_empty(), "a photo that cannot be read");
}

/// Any byte of what is read may be wrong: nothing panics, and what is delivered keeps its length.
#[test]
fn every_byte_may_be_wrong() {
    let files = raw_files().into_iter().map(|(_, file)| file).chain([cameras::jpeg(&cameras::flat(64, 64))]);
    for file in files {
        for at in (0..file.len().min(3000)).step_by(3) {
            let mut wrong = file[..file.len().min(6000)].to_vec();
            wrong[at] = wrong[at].wrapping_add(0x55);
            if let Ok(patches) = private_parts(&wrong) {
                let length = wrong.len();
                patches.apply(0, &mut wrong);
                assert_eq!(wrong.len(), length);
            }
        }
    }
}
