//! Selfies: every one of the sample event gives its one face; what cannot be searched with is refused by name.

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
