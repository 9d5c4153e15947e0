//! `findme eval` on real photographs.

use crate::findme::{Place, shared, text};

#[test]
fn people_find_their_photos() {
    let place = Place::with_models();
    let event = shared().join("photos/public-event");
    let path = |name: &str| event.join(name).display().to_string();
    let (photos, selfies, labels) = (path("photos"), path("selfies"), path("labels.csv"));
    let (json, html) = (place.path("eval.json"), place.path("eval.html"));
    let (json_path, html_path) = (json.display().to_string(), html.display().to_string());
    let arguments = ["eval", "event", "--photos", &photos, "--selfies", &selfies, "--labels", &labels];
    let written = ["--json", &json_path, "--html", &html_path, "--language", "fr"];
    let output = place.run(&[&arguments[..], &written[..]].concat());
    let told = text(&output);
    assert!(output.status.success() && told.contains("289 photos") && told.contains("100 selfies"), "{told}");
    let all = told.lines().find(|line| line.starts_with("all ")).expect("a line for all");
    let numbers: Vec<f64> = all.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect();
    assert!(numbers[0] >= 0.90, "recall of the sure band: {all}");
    assert!(numbers[1] >= 0.97, "precision of the sure band: {all}");
    assert!(numbers[2] >= numbers[0], "the maybe band adds: {all}");
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let of_json = figures["sure"]["recall"].as_f64().unwrap();
    assert!((of_json - numbers[0]).abs() < 6e-4, "{of_json} in the file, {} on the screen", numbers[0]);
    assert_every_photo_counts_once(&figures);
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("photos montrées") && page.contains("data:image/jpeg;base64,/9j/"), "the sheet");
    assert!(!page.contains("//www.") && !page.contains("http:") && !page.contains("https:"), "an address");
}

/// What people missed and got wrong adds up to the whole, and the curve grows as more is shown.
fn assert_every_photo_counts_once(figures: &serde_json::Value) {
    let people = figures["people"].as_array().unwrap();
    for (list, count) in [("missed", "missed"), ("wrong", "wrong")] {
        let listed: usize = people
            .iter()
            .flat_map(|person| person["selfies"].as_array().unwrap())
            .map(|selfie| selfie[list].as_array().unwrap().len())
            .sum();
        assert_eq!(Some(listed as u64), figures["sure_and_maybe"][count].as_u64(), "{list}");
    }
    let rates: Vec<f64> =
        figures["curve"].as_array().unwrap().iter().map(|p| p["true_rate"].as_f64().unwrap()).collect();
    assert!(rates.len() > 100 && rates.is_sorted() && *rates.last().unwrap() > 0.999, "{rates:?}");
    assert_eq!(figures["at_false_rate"].as_array().unwrap().len(), 3);
}

#[test]
fn pairs_are_judged_after_the_protocol() {
    let place = Place::with_models();
    let event = shared().join("photos/public-event");
    let labels = std::fs::read_to_string(event.join("labels.csv")).unwrap();
    // The sample event has one selfie per picture of a person: two people with two or more selfies each.
    let mut people = std::collections::BTreeMap::<String, Vec<String>>::new();
    for line in labels.lines().filter(|line| line.starts_with("selfies/")) {
        let mut fields = line.split(',');
        let (file, person) = (fields.next().unwrap(), fields.next().unwrap());
        people.entry(person.to_owned()).or_default().push(file.to_owned());
    }
    people.retain(|person, files| files.len() >= 2 && !person.contains(char::is_whitespace));
    let people: Vec<_> = people.into_iter().take(4).collect();
    assert_eq!(people.len(), 4, "four people with two selfies each");
    let images = place.path("images");
    for (person, files) in &people {
        std::fs::create_dir_all(images.join(person)).unwrap();
        for (index, file) in files.iter().take(2).enumerate() {
            let to = images.join(person).join(format!("{person}_{:04}.jpg", index + 1));
            std::fs::copy(event.join(file), to).unwrap();
        }
    }
    let name = |n: usize| people[n].0.as_str();
    let list = format!(
        "2 2\n{a} 1 2\n{b} 1 2\n{a} 1 {b} 1\n{a} 2 {c} 1\n{c} 1 2\n{d} 1 2\n{c} 1 {d} 1\n{b} 2 {d} 2\n",
        a = name(0),
        b = name(1),
        c = name(2),
        d = name(3)
    );
    let pairs = place.path("pairs.txt");
    std::fs::write(&pairs, list).unwrap();
    let (pairs, images) = (pairs.display().to_string(), images.display().to_string());
    let output = place.run(&["eval", "pairs", "--pairs", &pairs, "--images", &images, "--wrong"]);
    let told = text(&output);
    assert!(output.status.success() && told.contains("8 pairs in 2 folds"), "{told}");
    assert!(told.contains("accuracy 1.0000 ± 0.0000"), "{told}");
    assert!(told.contains("TAR at FAR 1e-3: needs 1000 pairs of two people, there are 4"), "{told}");
}
