//! Our faces are those of the plain Python reference with the same models (`tests/golden/README.md`).

use domain::{BoxPx, Embedding, Face, PointPx};
use engine::IndexedFace;
use serde_json::Value;

use crate::support::{index_one, shared};

/// Reference faces below this confidence are near the detectors' doubt and may differ.
const CONFIDENCE_LEAST: f32 = 0.7;

/// How one reference face compares with ours.
#[derive(Debug)]
struct Comparison {
    size_px: f32,
    iou: f32,
    cosine: f32,
    /// Largest distance of a landmark, as a share of the box's longer side.
    landmark_error: f32,
}

#[test]
fn faces_agree_with_the_reference() {
    let reference: Value = serde_json::from_str(include_str!("../golden/reference.json")).unwrap();
    assert_eq!((&reference["pack"], &reference["detect_long_side"]), (&"open".into(), &640.into()));
    let mut comparisons = Vec::new();
    for file in reference["files"].as_array().unwrap() {
        let path = shared("photos/public-event").join(file["file"].as_str().unwrap());
        let photo = index_one(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            (&file["width"], &file["height"]),
            (&photo.width_px.into(), &photo.height_px.into()),
            "{path:?}"
        );
        let certain = file["faces"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|face| number(&face["score"]) >= CONFIDENCE_LEAST);
        comparisons.extend(certain.map(|face| compare(face, &photo.faces)));
    }
    let median = |of: fn(&Comparison) -> f32| {
        let mut values: Vec<f32> = comparisons.iter().map(of).collect();
        values.sort_by(f32::total_cmp);
        values[values.len() / 2]
    };
    let (iou, cosine) = (median(|c| c.iou), median(|c| c.cosine));
    let worst = |of: fn(&Comparison) -> f32| comparisons.iter().map(of).fold(f32::INFINITY, f32::min);
    let landmark_error = median(|c| c.landmark_error);
    println!(
        "{} faces; median IoU {iou:.4} (worst {:.4}), cosine {cosine:.5} (worst {:.4}), landmarks {landmark_error:.4} (worst {:.4})",
        comparisons.len(),
        worst(|c| c.iou),
        worst(|c| c.cosine),
        -worst(|c| -c.landmark_error),
    );
    assert!(comparisons.len() >= 20, "only {} faces", comparisons.len());
    assert!(iou > 0.9 && cosine > 0.99 && landmark_error < 0.03);
    // The landmarks of smaller faces lie within one or two pixels of the detector's input: the filter that made it decides.
    let large = comparisons.iter().filter(|c| c.size_px >= 40.0);
    let strays: Vec<_> = large.filter(|c| c.iou < 0.8 || c.cosine < 0.9).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

fn compare(reference: &Value, ours: &[IndexedFace]) -> Comparison {
    let [x, y, width, height] = numbers(&reference["box"])[..] else { panic!("a box has four numbers") };
    let bounds = BoxPx { x, y, width, height };
    let iou = |face: &IndexedFace| face.face.bounds.iou(&bounds);
    let best =
        ours.iter().max_by(|a, b| iou(a).total_cmp(&iou(b))).expect("a face where the reference has one");
    let embedding = Embedding::normalised(&half_floats(reference["embedding"].as_str().unwrap())).unwrap();
    Comparison {
        size_px: best.face.quality.size_px,
        iou: iou(best),
        cosine: best.embedding.cosine(&embedding).0,
        landmark_error: landmark_error(reference, &best.face),
    }
}

fn landmark_error(reference: &Value, face: &Face) -> f32 {
    let points = reference["landmarks"].as_array().unwrap().iter().map(numbers);
    let distances =
        points.zip(face.landmarks).map(|(point, PointPx { x, y })| (point[0] - x).hypot(point[1] - y));
    distances.fold(0.0, f32::max) / face.bounds.width.max(face.bounds.height)
}

#[expect(clippy::cast_possible_truncation, reason = "the reference is no more precise")]
fn number(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Base64 (RFC 4648) of little-endian 16-bit floats (IEEE 754 binary16).
fn half_floats(base64: &str) -> Vec<f32> {
    base64_bytes(base64).as_chunks::<2>().0.iter().map(|word| half(u16::from_le_bytes(*word))).collect()
}

fn base64_bytes(text: &str) -> Vec<u8> {
    let sextet = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no base64"),
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').map(sextet).collect();
    let bits = |chunk: &[u8]| {
        chunk.iter().fold(0_u32, |bits, sextet| bits << 6 | u32::from(*sextet)) << (6 * (4 - chunk.len()))
    };
    letters.chunks(4).flat_map(|chunk| bits(chunk).to_be_bytes()[1..chunk.len()].to_vec()).collect()
}

fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3FF) / 1024.0;
    match bits >> 10 & 0x1F {
        0 => sign * fraction * 2.0_f32.powi(-14),
        exponent => sign * (1.0 + fraction) * 2.0_f32.powi(i32::from(exponent) - 15),
    }
}

#[test]
fn the_reference_is_read_correctly() {
    assert_eq!(base64_bytes("SGVsbG8="), b"Hello");
    for (bits, expected) in
        [(0x3C00, 1.0), (0xC000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8_f32)]
    {
        assert_eq!(half(bits).to_bits(), expected.to_bits(), "{bits:#x}");
    }
}
