//! The list of packs, and that every pack of it works.

use domain::Digest;
use engine::{EngineOptions, OpenError, Packs};

use crate::support::{open, packs, runtime, shared};

#[test]
fn the_default_pack_may_be_used_commercially() {
    let packs = packs();
    assert_eq!(packs.names().collect::<Vec<_>>(), ["intel", "open", "open-small", "research"]);
    assert!(packs.default_pack().commercial_use);
    assert!(!packs.get("research").unwrap().commercial_use);
    assert!(packs.get("no-such-pack").is_none());
}

#[test]
fn sizes_and_hashes_are_those_of_the_files() {
    let mut checked = 0;
    for pack in packs().iter() {
        for file in pack.files() {
            let bytes = std::fs::read(shared("models").join(&file.file_name)).unwrap();
            assert_eq!(bytes.len() as u64, file.bytes, "{}", file.file_name);
            assert_eq!(Digest::of(&bytes), file.sha256, "{}", file.file_name);
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
}

#[test]
fn every_pack_finds_the_person_of_a_selfie_among_others() {
    let photos = shared("photos/public-event/photos");
    let read = |name: &str| std::fs::read(photos.join(name)).unwrap();
    // The first two show one person, the last another.
    let files = ["DSC_0006.jpg", "DSC_0010.jpg", "DSC_0005.jpg"].map(read);
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    for pack in packs().iter() {
        let engine = open(&pack.name, EngineOptions { threads: 2, ..EngineOptions::default() });
        let embeddings: Vec<_> = engine
            .index(&files)
            .into_iter()
            .map(|photo| photo.unwrap().faces.swap_remove(0).embedding)
            .collect();
        assert_eq!(embeddings[0].dimension(), engine.dimension());
        let (same, other) = (embeddings[0].cosine(&embeddings[1]), embeddings[0].cosine(&embeddings[2]));
        assert!(same.0 >= pack.thresholds.sure, "{}: {same:?}", pack.name);
        assert!(other.0 < pack.thresholds.maybe, "{}: {other:?}", pack.name);
    }
}

#[test]
fn mistakes_in_the_list_are_named() {
    let check = |from: &str, to: &str, expected: &str| {
        let text = include_str!("../../../../models/models.toml");
        assert!(text.contains(from), "{from}");
        let message = Packs::parse(&text.replace(from, to)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check("default = \"open\"", "default = \"opne\"", "\"opne\"");
    check("detector = \"yunet_s\"", "detector = \"yunet_x\"", "names the detector \"yunet_x\"");
    check("dimension = 256", "dimension = 0", "dimension must lie in");
    check("scale = 128.0", "scale = 0.0", "scale must not be zero");
    check("family = \"scrfd\"", "family = \"haar\"", "haar");
    check("size_px = 128", "side_px = 128", "side_px");
}

#[test]
fn what_is_missing_at_start_is_named() {
    let packs = packs();
    let nowhere = std::path::Path::new("/nowhere");
    let options = EngineOptions { threads: 1, ..EngineOptions::default() };
    let error = engine::Engine::open(&runtime(), packs.default_pack(), nowhere, options).unwrap_err();
    assert!(matches!(error, OpenError::ModelUnreadable { .. }));
    assert!(error.to_string().contains("/nowhere/yunet_n_dynamic.onnx"), "{error}");

    let mut pack = packs.default_pack().clone();
    pack.detector.file.sha256 = Digest::of(b"something else");
    let error = engine::Engine::open(&runtime(), &pack, &shared("models"), options).unwrap_err();
    assert!(matches!(error, OpenError::WrongModel { .. }));

    let mut pack = packs.default_pack().clone();
    pack.recogniser.dimension = 128;
    let error = engine::Engine::open(&runtime(), &pack, &shared("models"), options).unwrap_err();
    assert!(matches!(error, OpenError::ModelRefused { .. }), "{error}");
}
