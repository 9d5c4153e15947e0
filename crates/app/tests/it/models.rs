//! `findme models`.

use crate::findme::{Place, shared, text};

const DETECTOR: &str = "yunet_n_dynamic.onnx";

#[test]
fn a_pack_is_pulled_verified_and_pulled_no_more() {
    let place = Place::new();
    let verified = place.run(&["models", "verify"]);
    assert!(
        !verified.status.success() && text(&verified).contains("findme models pull"),
        "{}",
        text(&verified)
    );
    assert!(text(&place.run(&["models", "list"])).contains("open (not here, default)"));
    let pulled = place.run(&["models", "pull"]);
    assert!(pulled.status.success() && text(&pulled).contains(DETECTOR), "{}", text(&pulled));
    assert!(text(&place.run(&["models", "pull"])).contains("here already"));
    let verified = place.run(&["models", "verify"]);
    assert!(verified.status.success() && text(&verified).contains("good"), "{}", text(&verified));
    assert!(text(&place.run(&["models", "list"])).contains("open (here, default)"));
}

#[test]
fn an_unknown_pack_is_answered_with_the_known_ones() {
    let answer = text(&Place::new().run(&["models", "pull", "nonsense"]));
    assert!(
        answer.contains("nonsense") && answer.contains("open-small") && answer.contains("intel"),
        "{answer}"
    );
}

#[test]
fn a_wrong_or_missing_file_is_named_and_never_gets_its_name() {
    let place = Place::new();
    let mirror = place.path("mirror");
    std::fs::create_dir(&mirror).unwrap();
    for (content, complaint) in [(None, "cannot be read"), (Some("nonsense"), "its SHA-256 is")] {
        if let Some(content) = content {
            std::fs::write(mirror.join(DETECTOR), content).unwrap();
        }
        let answer = place.command(&["models", "pull"]).env("FINDME_MODEL_MIRROR", &mirror).output().unwrap();
        let answer = text(&answer);
        assert!(answer.starts_with("exit status: 1"), "{answer}");
        for part in [complaint, DETECTOR, "FINDME_MODEL_MIRROR"] {
            assert!(answer.contains(part), "{part} is not in {answer}");
        }
        assert!(!place.path("cache/models").join(DETECTOR).exists());
    }
}

#[test]
fn a_file_that_changed_is_found_before_it_is_used() {
    let place = Place::with_models();
    std::fs::write(place.path("cache/models").join(DETECTOR), "nonsense").unwrap();
    let verified = text(&place.run(&["models", "verify"]));
    assert!(verified.contains("WRONG") && verified.contains(DETECTOR), "{verified}");
    let event = shared().join("photos/public-event");
    let path = |name: &str| event.join(name).display().to_string();
    let (photos, selfies, labels) = (path("photos"), path("selfies"), path("labels.csv"));
    let used = place.run(&["eval", "event", "--photos", &photos, "--selfies", &selfies, "--labels", &labels]);
    let used = text(&used);
    assert!(used.contains("delete it and run findme models pull open"), "{used}");
}

#[test]
fn research_models_need_an_explicit_word() {
    let place = Place::new();
    let refused = text(&place.command(&["doctor"]).env("FINDME_PACK", "research").output().unwrap());
    assert!(refused.contains("FINDME_ALLOW_RESEARCH_MODELS=1"), "{refused}");
}
