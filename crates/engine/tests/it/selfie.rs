//! Selfies: every one of the sample event gives its one face; what cannot be searched with is refused by name.

use turbojpeg::{Image, PixelFormat, Subsamp};

use crate::support::{engine, files, name, shared};

#[test]
fn every_sample_selfie_gives_a_face() {
    let selfies = files(&shared("photos/public-event/selfies"));
    assert_eq!(selfies.len(), 100);
    let mut refused = Vec::new();
    for file in &selfies {
        if let Err(error) = engine().selfie(&std::fs::read(file).unwrap()) {
            refused.push((name(file), error.code()));
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn what_cannot_be_searched_with_is_refused_by_name() {
    let check = |file: &str, expected: &str| {
        let bytes = std::fs::read(shared(".").join(file)).unwrap();
        let code = engine().selfie(&bytes).map_or_else(|error| error.code(), |_| "a face");
        assert_eq!(code, expected, "{file}");
    };
    check("photos/public-event/photos/DSC_0014.jpg", "several_faces");
    check("photos/public-event/photos/DSC_0255.jpg", "no_face");
    check("hostile/zero_byte.jpg", "empty_file");
    check("hostile/truncated_50pct.jpg", "truncated");
    check("hostile/gif_named.jpg", "unsupported_format");
    check("hostile/thin_1x20000.png", "no_face");
}

/// Three people beside each other: no selfie, but the one in the middle is whom such a picture is named after.
#[test]
fn the_face_in_the_middle_is_found_among_others() {
    let portraits = ["angelina_jolie_1.jpg", "denzel_washington_1.jpg", "angelina_jolie_2.jpg"].map(|name| {
        let bytes = std::fs::read(shared("photos/public-event/selfies").join(name)).unwrap();
        let alone = engine().selfie(&bytes).unwrap().embedding;
        (turbojpeg::decompress(&bytes, PixelFormat::RGB).unwrap(), alone)
    });
    let side = portraits.iter().map(|(image, _)| image.width.min(image.height)).min().unwrap();
    let mut row = Image {
        pixels: vec![0; side * side * 9],
        width: side * 3,
        pitch: side * 9,
        height: side,
        format: PixelFormat::RGB,
    };
    for (place, (image, _)) in portraits.iter().enumerate() {
        let (left, top) = ((image.width - side) / 2, (image.height - side) / 2);
        for y in 0..side {
            let from = (y + top) * image.pitch + left * 3;
            let to = y * row.pitch + place * side * 3;
            row.pixels[to..to + side * 3].copy_from_slice(&image.pixels[from..from + side * 3]);
        }
    }
    let picture = turbojpeg::compress(row.as_deref(), 95, Subsamp::None).unwrap();
    assert_eq!(engine().selfie(&picture).unwrap_err().code(), "several_faces");
    let central = engine().central_face(&picture).unwrap().embedding;
    let scores: Vec<f32> = portraits.iter().map(|(_, alone)| central.cosine(alone).0).collect();
    assert!(scores[1] > 0.7 && scores[0] < 0.3 && scores[2] < 0.3, "{scores:?}");
    let nobody = std::fs::read(shared("photos/public-event/photos").join("DSC_0255.jpg")).unwrap();
    assert_eq!(engine().central_face(&nobody).unwrap_err().code(), "no_face");
}
