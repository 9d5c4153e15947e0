//! A photo is the same photo however the camera was held.

use engine::{IndexedFace, IndexedPhoto};
use turbojpeg::TransformOp;

use crate::cameras::{group, turned};
use crate::support::{index_one, shared};

/// Orientation, and how the stored pixels differ from what is seen (the inverse of what EXIF asks for).
const STORED: [(u8, TransformOp); 8] = [
    (1, TransformOp::None),
    (2, TransformOp::Hflip),
    (3, TransformOp::Rot180),
    (4, TransformOp::Vflip),
    (5, TransformOp::Transpose),
    (6, TransformOp::Rot270),
    (7, TransformOp::Transverse),
    (8, TransformOp::Rot90),
];

/// `jpeg` as a camera held another way would have stored it, without loss, with the tag that says so.
fn held(jpeg: &[u8], orientation: u8, op: TransformOp) -> Vec<u8> {
    let stored = turned(jpeg, op);
    let mut tagged = b"\xFF\xD8\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tagged.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tagged.extend_from_slice(&stored[2..]);
    tagged
}

#[test]
fn all_eight_orientations_give_the_same_faces() {
    let jpeg = group();
    let upright = index_one(&jpeg).unwrap();
    assert_eq!(upright.faces.len(), 9);
    for (orientation, op) in STORED {
        let photo = index_one(&held(&jpeg, orientation, op)).unwrap();
        assert_eq!((photo.width_px, photo.height_px), (1024, 704), "orientation {orientation}");
        assert_eq!(photo.faces.len(), upright.faces.len(), "orientation {orientation}");
        for expected in &upright.faces {
            let found = counterpart(&photo, expected);
            let overlap = found.face.bounds.iou(&expected.face.bounds);
            let cosine = found.embedding.cosine(&expected.embedding);
            assert!(overlap > 0.9 && cosine.0 > 0.95, "orientation {orientation}: {overlap} {cosine:?}");
        }
    }
}

/// The face of `photo` that lies where `face` does.
fn counterpart<'photo>(photo: &'photo IndexedPhoto, face: &IndexedFace) -> &'photo IndexedFace {
    let overlap = |other: &IndexedFace| other.face.bounds.iou(&face.face.bounds);
    photo.faces.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b))).unwrap()
}

#[test]
fn renditions_are_stored_upright() {
    let jpeg = std::fs::read(shared("hostile").join("exif_orientation_6.jpg")).unwrap();
    let photo = index_one(&jpeg).unwrap();
    let header = turbojpeg::read_header(&photo.thumb).unwrap();
    assert_eq!((photo.width_px, photo.height_px), (800, 1200));
    assert_eq!((header.width, header.height), (320, 480));
}
