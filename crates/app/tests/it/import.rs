//! `findme import` of files that are no good.

use serde_json::Value;

use crate::findme::{Place, shared, some_photos, text};

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(output)))
}

#[test]
fn damaged_files_are_named_and_the_batch_goes_on() {
    let place = Place::with_models();
    let hostile = shared().join("hostile").display().to_string();
    let first = place.run(&["import", "--event", "Hostile", "--json", &hostile]);
    assert_eq!(first.status.code(), Some(2), "{}", text(&first));
    let summary = json(&first);
    // Files with a leading dot are left alone, as any tool does.
    let hidden = |entry: &std::fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let files = std::fs::read_dir(&hostile).unwrap().filter(|entry| !hidden(entry.as_ref().unwrap())).count();
    assert_eq!(files, 72, "71 files and a README");
    let number = |key: &str| usize::try_from(summary[key].as_u64().unwrap()).unwrap();
    let troubles: Vec<&str> =
        summary["troubles"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    assert_eq!(
        number("ready") + number("duplicates") + troubles.len(),
        files,
        "each file is ready, a duplicate of one, or named: {summary}"
    );
    for name in
        ["zero_byte.jpg", "text_as.jpg", "truncated_50pct.jpg", "bomb_png_1bit_50000x50000.png", "README.md"]
    {
        assert!(troubles.iter().any(|trouble| trouble.contains(name)), "{name} is not in {troubles:#?}");
    }
    assert!(number("ready") >= 20, "{summary}");
    let again = json(&place.run(&["import", "--event", "Hostile", "--json", &hostile]));
    assert_eq!(again["photos"], 0, "nothing is stored twice");
    assert_eq!(again["faces"], summary["faces"]);
}

#[test]
fn what_cannot_be_imported_is_told() {
    let place = Place::with_models();
    let missing = text(&place.run(&["import", "--event", "Gala", "/nowhere"]));
    assert!(missing.contains("/nowhere is not a folder"), "{missing}");
    let empty = place.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = text(&place.run(&["import", "--event", "Gala", &empty.display().to_string()]));
    assert!(empty.contains("has no files"), "{empty}");
    let nameless = text(&place.run(&["import", "--event", " ", "/tmp"]));
    assert!(nameless.contains("--event"), "{nameless}");
}

#[test]
fn a_summary_is_for_people() {
    let place = Place::with_models();
    let photos = some_photos(&place, 5).display().to_string();
    let told = text(&place.run(&["import", "--event", "Gala d'été", &photos]));
    assert!(told.contains("Gala d'été: 5 new photos, 0 there already"), "{told}");
    assert!(told.contains("/e/gala-d-ete"), "{told}");
}
