//! The files that changes begin with: small ones of every format, with and without faces and metadata.

use engine::Format;
use turbojpeg::{Image, PixelFormat, Subsamp};

use crate::cameras::{self, exif_block, flat};
use crate::formats::heif;
use crate::support::{files, name, shared};
use crate::writers::{segment, with_segments};

/// Larger files would take the time of many small ones.
const BYTES_MAX: u64 = 30_000;

/// All of them, always in the same order.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (folder, most) in
        [("hostile", usize::MAX), ("photos/public-event/photos", 12), ("photos/public-event/selfies", 8)]
    {
        let small =
            files(&shared(folder)).into_iter().filter(|file| file.metadata().unwrap().len() <= BYTES_MAX);
        seeds.extend(small.take(most).map(|file| (name(&file), std::fs::read(&file).unwrap())));
    }
    seeds.extend(made());
    seeds
}

fn made() -> Vec<(String, Vec<u8>)> {
    let hostile = |name: &str| std::fs::read(shared("hostile").join(name)).unwrap();
    let exif = segment(0xE1, &[&b"Exif\0\0"[..], &exif_block()].concat());
    let tagged = with_segments(&face(), &[exif]);
    let mut made = vec![
        ("face.jpg".to_owned(), face()),
        ("tagged.jpg".to_owned(), cameras::jpeg(&face())),
        ("tagged.png".to_owned(), cameras::png(&hostile("png_rgba.png"))),
        ("tagged.webp".to_owned(), cameras::webp(&hostile("lossless.webp"), 1200, 800)),
    ];
    for format in [Format::Heic, Format::Avif] {
        let kind = format.extension();
        for (what, jpeg) in [("face", &tagged), ("flat", &flat(64, 64))] {
            made.extend(heif(jpeg, format).map(|file| (format!("{what}.{kind}"), file)));
        }
    }
    let raw = cameras::raw_files().into_iter();
    made.extend(raw.map(|(extension, file)| (format!("raw.{extension}"), file)));
    made
}

/// A face of 192 × 192 pixels around it, as a JPEG of a few kilobytes.
fn face() -> Vec<u8> {
    let file = shared("photos/public-event/selfies").join("angelina_jolie_2.jpg");
    let image = turbojpeg::decompress(&std::fs::read(file).unwrap(), PixelFormat::RGB).unwrap();
    let (width, height) = (image.width.min(192), image.height.min(192));
    let (x, y) = ((image.width - width) / 2, (image.height - height) / 2);
    let cut = Image {
        pixels: &image.pixels[y * image.pitch + x * 3..],
        width,
        pitch: image.pitch,
        height,
        format: PixelFormat::RGB,
    };
    turbojpeg::compress(cut, 85, Subsamp::Sub2x2).unwrap().to_vec()
}
