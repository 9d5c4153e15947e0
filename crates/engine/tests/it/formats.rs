//! Formats of phones and cameras: each gives the faces, the time and the camera that the same photo gives as JPEG.

use std::path::Path;
use std::process::Command;

use crate::cameras::{self, exif_block, flat, group, lossless, preview, raw_files};
use crate::support::{index_one, shared};
use crate::writers::{LITTLE, Value, segment, tiff, with_segments};
use engine::{Format, SNIFF_BYTES, codec, sniff};

/// A HEIC or AVIF file made of `jpeg` by libheif's encoder; nothing, said aloud, where that is missing.
pub(crate) fn heif(jpeg: &[u8], format: Format) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = format!("{}-{:?}", jpeg.len(), std::thread::current().id());
    let source = folder.join(format!("{name}.jpg"));
    let target = folder.join(format!("{name}.{}", format.extension()));
    std::fs::write(&source, jpeg).unwrap();
    let made = Command::new("heif-enc").args(["-q", "80", "-o"]).args([&target, &source]).output();
    let is_made = made.as_ref().is_ok_and(|made| made.status.success());
    let ready = codec(format).map_err(|error| error.to_string());
    let ready = ready.and_then(|()| if is_made { Ok(()) } else { Err(format!("heif-enc: {made:?}")) });
    let bytes = ready.map(|()| std::fs::read(&target).unwrap());
    let _leftovers = (std::fs::remove_file(source), std::fs::remove_file(target));
    if let Err(reason) = &bytes {
        assert!(!is_ci(), "CI must have libheif and its encoder (./test.sh gets them): {reason}");
        eprintln!("skipped: {reason}");
    }
    bytes.ok()
}

#[expect(clippy::disallowed_methods, reason = "what runs all tests says so in the environment")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some()
}

#[test]
fn heic_and_avif_give_the_faces_of_the_same_jpeg() {
    for format in [Format::Heic, Format::Avif] {
        let Some(file) = heif(&group(), format) else { continue };
        assert_eq!(sniff(&file[..SNIFF_BYTES]).unwrap(), format);
        let photo = index_one(&file).unwrap();
        assert_eq!((photo.width_px, photo.height_px), (1024, 704), "{format:?}");
        assert_eq!(photo.faces.len(), 9, "{format:?}");
    }
}

/// In HEIF the picture is turned by properties of its own, and EXIF's orientation only repeats it.
#[test]
fn the_exif_of_heic_is_read_but_does_not_turn_it() {
    let exif = segment(0xE1, &[&b"Exif\0\0"[..], &exif_block()].concat());
    for format in [Format::Heic, Format::Avif] {
        let Some(file) = heif(&with_segments(&group(), std::slice::from_ref(&exif)), format) else {
            continue;
        };
        let photo = index_one(&file).unwrap();
        assert_eq!((photo.width_px, photo.height_px), (1024, 704), "{format:?}");
        assert_eq!(photo.taken_at.as_deref(), Some("2025-06-14T12:00:00"), "{format:?}");
        assert_eq!(photo.camera.as_deref(), Some("Apple iPhone 16"), "{format:?}");
    }
}

#[test]
fn heic_cut_anywhere_is_refused_by_name() {
    let Some(file) = heif(&flat(64, 64), Format::Heic) else { return };
    for cut in 0..file.len() {
        let code = index_one(&file[..cut]).map_or_else(|error| error.code(), |_| "read");
        let refusals = ["empty_file", "not_a_photo", "truncated", "damaged"];
        assert!(refusals.contains(&code), "{cut} of {}: {code}", file.len());
    }
}

/// Where the size is said stands a number that would take sixteen thousand gigabytes.
#[test]
fn heic_that_lies_about_its_size_is_refused_before_it_is_decoded() {
    let Some(file) = heif(&flat(64, 64), Format::Heic) else { return };
    let at = file.windows(4).position(|word| word == b"ispe").unwrap() + 8;
    let with = |size: [u32; 2]| {
        let size: Vec<u8> = size.into_iter().flat_map(u32::to_be_bytes).collect();
        [&file[..at], &size, &file[at + 8..]].concat()
    };
    let code = |file: &[u8]| index_one(file).map_or_else(|error| error.code(), |_| "read");
    assert_eq!(code(&with([64, 64])), "read");
    assert_eq!(code(&with([u32::MAX, u32::MAX])), "too_many_pixels");
    assert_eq!(code(&with([20_000, 20_000])), "too_many_pixels");
    assert_eq!(code(&with([0, 64])), "damaged");
}

/// The data say 2048 × 2048 where the file around them says 64 × 64. Some could so say 65535 × 65535, for which the codec
/// would take gigabytes.
#[test]
fn heic_whose_data_are_larger_than_they_seem_is_refused_before_it_is_decoded() {
    let Some(file) = heif(&flat(2048, 2048), Format::Heic) else { return };
    let at = file.windows(4).position(|word| word == b"ispe").unwrap() + 8;
    let small: Vec<u8> = [64_u32, 64].into_iter().flat_map(u32::to_be_bytes).collect();
    let lying = [&file[..at], &small, &file[at + 8..]].concat();
    assert_eq!(index_one(&lying).unwrap_err().code(), "damaged");
}

#[test]
fn every_byte_of_heic_may_be_wrong() {
    for format in [Format::Heic, Format::Avif] {
        let Some(file) = heif(&flat(64, 64), format) else { continue };
        for at in 0..file.len().min(600) {
            let mut wrong = file.clone();
            wrong[at] ^= [0xFF, 0x80, 1][at % 3];
            let _read_or_refused = (index_one(&wrong), engine::privacy::private_parts(&wrong));
        }
    }
}

/// All of them lie on their side, and only the RAW file says so, in the case of Fujifilm's its preview.
#[test]
fn raw_files_give_the_faces_time_and_camera_of_their_preview() {
    let cameras = [
        "Canon EOS 5D",
        "Canon EOS R5",
        "NIKON D750",
        "SONY ILCE-7M3",
        "Apple iPhone 16",
        "FUJIFILM X-T5",
        "OLYMPUS E-M1",
        "Panasonic DC-GH5",
    ];
    for ((extension, file), camera) in raw_files().into_iter().zip(cameras) {
        assert_eq!(sniff(&file[..SNIFF_BYTES]).unwrap().extension(), extension);
        let photo = index_one(&file).unwrap_or_else(|error| panic!("{extension}: {error:?}"));
        assert_eq!((photo.width_px, photo.height_px), (1024, 704), "{extension}");
        assert_eq!(photo.faces.len(), 9, "{extension}");
        assert_eq!(photo.taken_at.as_deref(), Some("2025-06-14T12:00:00"), "{extension}");
        assert_eq!(photo.camera.as_deref(), Some(camera), "{extension}");
    }
}

#[test]
fn a_raw_file_that_was_cut_off_in_its_preview_is_refused() {
    let preview = preview();
    for (extension, file) in raw_files() {
        let body = &preview[preview.len() / 2..];
        let found = file.windows(64).position(|part| part == &body[..64]).unwrap();
        let code = index_one(&file[..found]).map_or_else(|error| error.code(), |_| "read");
        assert_eq!(code, "truncated", "{extension}");
    }
}

/// A thumbnail, a lossless picture and chance are no preview.
#[test]
fn a_raw_file_without_preview_is_refused_by_name() {
    let chance = b"\xFF\xD8\xFF\xC0\0\x0B\x08\x0F\xA0\x17\x70\x01\x01\x11\0 and then no scan";
    let data = [&flat(320, 240)[..], &lossless(), chance, b"\xFF\xD8\xFF"].concat();
    let file = [&b"IIU\0\x08\0\0\0\0\0\0\0\0\0"[..], &data].concat();
    assert_eq!(index_one(&file).unwrap_err().code(), "raw_without_preview");
    let file = [file, flat(640, 10)].concat();
    assert_eq!(index_one(&file).map(|photo| photo.width_px), Ok(640));
}

/// The larger one has a sound header and nothing behind it that could be decoded.
#[test]
fn a_damaged_preview_gives_way_to_the_next() {
    let mut broken = turbojpeg::compress(
        turbojpeg::Image::mandelbrot(1600, 1200, turbojpeg::PixelFormat::RGB).as_deref(),
        90,
        turbojpeg::Subsamp::Sub2x2,
    )
    .unwrap()
    .to_vec();
    let middle = broken.len() / 2;
    broken[middle..middle + 300].copy_from_slice(&[0xFF, 0xD0].repeat(150));
    let file = [&b"IIU\0\x08\0\0\0\0\0\0\0\0\0"[..], &broken, &group()].concat();
    assert_eq!(index_one(&file).map(|photo| (photo.width_px, photo.faces.len())), Ok((1024, 9)));
}

#[test]
fn directories_that_point_in_circles_come_to_an_end() {
    for (extension, mut file) in raw_files() {
        // Every number that could be an offset points back to the start.
        let first = if file.starts_with(b"MM") { [0, 0, 0, 8] } else { [8, 0, 0, 0] };
        for at in (0..file.len().min(2000)).step_by(2).filter(|at| at % 12 == 6) {
            file[at..at + 4].copy_from_slice(&first);
        }
        let _read_or_refused = (extension, index_one(&file), engine::privacy::private_parts(&file));
    }
    let circle = [LITTLE, b"\x01\0\x4A\x01\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0", &flat(640, 10)[..]].concat();
    let circle = [b"IIU\0\x08\0\0\0", &circle[8..]].concat();
    assert!(index_one(&circle).is_ok());
}

#[test]
fn tiff_that_is_no_raw_file_stays_refused() {
    let plain = tiff(LITTLE, vec![vec![(0x0100, Value::Short(640)), (0x010F, Value::Text("NIKON"))]]);
    assert_eq!(index_one(&plain).unwrap_err().code(), "unsupported_format");
    // Its directory lies behind the part that tells: it is refused when all of it is there.
    let late = [&b"II*\0\0\x40\0\0"[..], &[0; 0x4000], &flat(640, 10)].concat();
    assert!(sniff(&late[..SNIFF_BYTES]).is_ok());
    assert_eq!(index_one(&late).unwrap_err().code(), "unsupported_format");
}

#[test]
fn png_and_webp_say_when_by_what_and_how_they_were_taken() {
    let hostile = |name: &str| std::fs::read(shared("hostile").join(name)).unwrap();
    let check = |file: &[u8], name: &str| {
        let photo = index_one(file).unwrap();
        assert_eq!((photo.width_px, photo.height_px), (800, 1200), "{name}");
        assert_eq!(photo.taken_at.as_deref(), Some("2025-06-14T12:00:00"), "{name}");
        assert_eq!(photo.camera.as_deref(), Some("Apple iPhone 16"), "{name}");
    };
    check(&cameras::png(&hostile("png_rgba.png")), "png");
    check(&cameras::webp(&hostile("lossless.webp"), 1200, 800), "webp");
    let jpeg = [&b"\xFF\xD8"[..], &segment(0xE1, &[&b"Exif\0\0"[..], &exif_block()].concat())].concat();
    check(&[&jpeg[..], &hostile("jpeg_444.jpg")[2..]].concat(), "jpeg");
}
