//! "My photos" over the sample event: recall and precision.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Embedding, FaceId, PhotoId, Score};
use engine::{Engine, EngineOptions, Gallery};
use uuid::Uuid;

use crate::support::{engine, open, shared};

/// What labels.csv says of one picture.
struct Label {
    file: String,
    identities: BTreeSet<String>,
    /// May be in the picture: counted neither way.
    maybe: BTreeSet<String>,
}

fn labels() -> Vec<Label> {
    let text = std::fs::read_to_string(shared("photos/public-event").join("labels.csv")).unwrap();
    let set = |field: &str| field.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let rows = text.lines().skip(1).map(|line| {
        let mut fields = line.split(',');
        let mut next = || fields.next().unwrap();
        Label { file: next().to_owned(), identities: set(next()), maybe: set(next()) }
    });
    rows.collect()
}

/// How often answers were right, over all selfies.
#[derive(Debug, Default)]
struct Tally {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Tally {
    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.missed)
    }

    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.wrong)
    }
}

/// A gallery of the sample event, and one embedding for each selfie.
struct Event {
    photos: Vec<Label>,
    selfies: Vec<(Label, Option<Embedding>)>,
    gallery: Gallery,
}

impl Event {
    fn index(engine: &Engine) -> Self {
        let (photos, selfies): (Vec<_>, Vec<_>) =
            labels().into_iter().partition(|label| label.file.starts_with("photos/"));
        assert_eq!((photos.len(), selfies.len()), (289, 100));
        let read = |label: &Label| std::fs::read(shared("photos/public-event").join(&label.file)).unwrap();
        let mut gallery = Gallery::new(engine.dimension());
        for (start, batch) in photos.chunks(16).enumerate() {
            let bytes: Vec<Vec<u8>> = batch.iter().map(read).collect();
            let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
            for (offset, photo) in engine.index(&bytes).into_iter().enumerate() {
                let photo_id = PhotoId(Uuid::from_u128((start * 16 + offset) as u128));
                for face in photo.unwrap().faces {
                    let face_id = FaceId(Uuid::from_u128(gallery.len() as u128));
                    gallery.append(face_id, photo_id, &face.embedding).unwrap();
                }
            }
        }
        let embed = |label: Label| {
            let embedding = engine.selfie(&read(&label)).ok().map(|selfie| selfie.embedding);
            (label, embedding)
        };
        Self { photos, selfies: selfies.into_iter().map(embed).collect(), gallery }
    }

    fn tally(&self, least: f32) -> Tally {
        let mut tally = Tally::default();
        for (selfie, embedding) in &self.selfies {
            let person = selfie.identities.first().expect("every selfie shows a labelled person");
            let hits = embedding.as_ref().map(|embedding| self.gallery.search(embedding, Score(least)));
            let found: BTreeSet<u128> =
                hits.into_iter().flatten().map(|hit| hit.photo_id.0.as_u128()).collect();
            for (number, photo) in self.photos.iter().enumerate() {
                if photo.maybe.contains(person) {
                    continue;
                }
                match (photo.identities.contains(person), found.contains(&(number as u128))) {
                    (true, true) => tally.right += 1,
                    (false, true) => tally.wrong += 1,
                    (true, false) => tally.missed += 1,
                    (false, false) => {}
                }
            }
        }
        tally
    }
}

#[test]
fn the_sure_band_is_right_and_nearly_complete() {
    let event = Event::index(engine());
    let tally = event.tally(engine().thresholds().sure);
    println!("sure: {tally:?}, recall {:.4}, precision {:.4}", tally.recall(), tally.precision());
    assert!(tally.recall() >= 0.90 && tally.precision() >= 0.97, "{tally:?}");
}

/// Prints the figures from which the thresholds in `models.toml` were chosen.
#[test]
#[ignore = "a measurement: cargo test --release -p engine --test it -- --ignored --nocapture figures"]
fn figures_of_every_pack_at_several_thresholds() {
    for (pack, detect_long_side_px) in [
        ("open", 320),
        ("open", 640),
        ("open", 960),
        ("open", 1280),
        ("open-small", 640),
        ("intel", 640),
        ("research", 640),
    ] {
        let engine =
            open(pack, EngineOptions { threads: 2, detect_long_side_px, ..EngineOptions::default() });
        let event = Event::index(&engine);
        let refused = event.selfies.iter().filter(|(_, embedding)| embedding.is_none()).count();
        println!("{pack} at {detect_long_side_px}: {} faces, {refused} selfies refused", event.gallery.len());
        let mut figures = BTreeMap::new();
        for step in 20..60_u16 {
            let least = f32::from(step) / 100.0;
            figures.insert(step, event.tally(least));
        }
        for (step, tally) in figures {
            println!("  0.{step}: recall {:.4} precision {:.4} {tally:?}", tally.recall(), tally.precision());
        }
    }
}
