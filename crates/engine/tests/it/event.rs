//! "My photos" over the sample event: recall and precision.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use domain::{Band, Embedding, FaceId, PhotoId, Score, Thresholds};
use engine::gallery::people;
use engine::{Engine, EngineOptions, Gallery, Person};
use uuid::Uuid;

use crate::support::{engine, open, shared};

/// What labels.csv says of one picture.
#[derive(Clone)]
struct Label {
    file: String,
    identities: BTreeSet<String>,
    /// May be in the picture: counted neither way.
    maybe: BTreeSet<String>,
    /// The photo that a selfie was cut from: finding it again proves nothing.
    cut_from: Option<String>,
    /// The collection that the picture comes from.
    source: String,
}

fn labels() -> Vec<Label> {
    let text = std::fs::read_to_string(shared("photos/public-event").join("labels.csv")).unwrap();
    let set = |field: &str| field.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let rows = text.lines().skip(1).map(|line| {
        let cut_from = line.split_once("crop of ").and_then(|(_, rest)| rest.split(' ').next());
        let mut fields = line.split(',');
        let mut next = || fields.next().unwrap();
        let (file, identities, maybe) = (next().to_owned(), set(next()), set(next()));
        let (_faces, _all_labelled, source) = (next(), next(), next().to_owned());
        Label { file, identities, maybe, cut_from: cut_from.map(str::to_owned), source }
    });
    rows.collect()
}

/// How often answers were right, over all selfies.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Tally {
    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.missed)
    }

    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.wrong)
    }

    fn words(self) -> String {
        format!("{:.3} / {:.3} ({:3} wrong)", self.recall(), self.precision(), self.wrong)
    }
}

/// A gallery of the sample event, and one embedding for each selfie.
#[derive(Clone)]
struct Event {
    photos: Vec<Label>,
    selfies: Vec<(Label, Option<Embedding>)>,
    /// Every face and the number of its photo.
    faces: Vec<(usize, Embedding)>,
}

impl Event {
    fn index(engine: &Engine) -> Self {
        let (photos, selfies): (Vec<_>, Vec<_>) =
            labels().into_iter().partition(|label| label.file.starts_with("photos/"));
        assert_eq!((photos.len(), selfies.len()), (289, 100));
        let read = |label: &Label| std::fs::read(shared("photos/public-event").join(&label.file)).unwrap();
        let mut faces = Vec::new();
        for (start, batch) in photos.chunks(16).enumerate() {
            let bytes: Vec<Vec<u8>> = batch.iter().map(read).collect();
            let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
            for (offset, photo) in engine.index(&bytes).into_iter().enumerate() {
                faces.extend(
                    photo.unwrap().faces.into_iter().map(|face| (start * 16 + offset, face.embedding)),
                );
            }
        }
        let embed = |label: Label| {
            let embedding = engine.selfie(&read(&label)).ok().map(|selfie| selfie.embedding);
            (label, embedding)
        };
        Self { photos, selfies: selfies.into_iter().map(embed).collect(), faces }
    }

    fn gallery(&self) -> Gallery {
        let mut gallery = Gallery::new(self.faces[0].1.dimension());
        for (number, (photo, embedding)) in self.faces.iter().enumerate() {
            let photo_id = PhotoId(Uuid::from_u128(*photo as u128));
            gallery.append(FaceId(Uuid::from_u128(number as u128)), photo_id, embedding).unwrap();
        }
        gallery
    }

    /// What `answer` finds, misses and gets wrong over all selfies; it gives photos and whether they are sure.
    /// First what is sure, then both bands.
    fn tally(&self, answer: impl Fn(&Embedding) -> Vec<(PhotoId, Band)>) -> [Tally; 2] {
        let mut tallies = [Tally::default(); 2];
        for (selfie, embedding) in &self.selfies {
            let person = selfie.identities.first().expect("every selfie shows a labelled person");
            let bands: BTreeMap<u128, Band> = embedding
                .iter()
                .flat_map(&answer)
                .map(|(photo_id, band)| (photo_id.0.as_u128(), band))
                .collect();
            for (number, photo) in self.photos.iter().enumerate() {
                if selfie.cut_from.as_ref() == Some(&photo.file) {
                    continue;
                }
                let band = bands.get(&(number as u128));
                let found = [band == Some(&Band::Sure), band.is_some()];
                for (tally, found) in tallies.iter_mut().zip(found) {
                    match (photo.identities.contains(person), found) {
                        (true, true) => tally.right += 1,
                        (false, true) => tally.wrong += u32::from(!photo.maybe.contains(person)),
                        (true, false) => tally.missed += 1,
                        (false, false) => {}
                    }
                }
            }
        }
        tallies
    }

    /// One threshold for each band, on the best face of a photo.
    fn plain(&self, thresholds: Thresholds) -> [Tally; 2] {
        let gallery = self.gallery();
        self.tally(|selfie| {
            let mut hits = gallery.search(selfie, Score(thresholds.maybe));
            hits.reverse(); // the best of a photo counts last
            hits.iter().map(|hit| (hit.photo_id, thresholds.band(hit.score).unwrap())).collect()
        })
    }

    fn people(&self, thresholds: Thresholds) -> [Tally; 2] {
        let gallery = self.gallery();
        self.tally(|selfie| {
            let hits = people::search(&gallery, &Person::of(selfie.clone()), thresholds);
            hits.iter().map(|hit| (hit.photo_id, hit.band)).collect()
        })
    }

    /// The event with those photos only for which `keep` says so, and the selfies of who is in them.
    fn only(&self, mut keep: impl FnMut(&Label) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.photos.len()).filter(|number| keep(&self.photos[*number])).collect();
        let photos: Vec<Label> = kept.iter().map(|number| self.photos[*number].clone()).collect();
        let place = |photo: &usize| kept.binary_search(photo).ok();
        let faces = self.faces.iter().filter_map(|(photo, face)| Some((place(photo)?, face.clone())));
        let is_there = |person: &str| photos.iter().any(|photo| photo.identities.contains(person));
        let selfies = self.selfies.iter().filter(|(label, _)| is_there(label.identities.first().unwrap()));
        Self { faces: faces.collect(), selfies: selfies.cloned().collect(), photos }
    }

    /// At most `count` photos of each person.
    fn few(&self, count: usize) -> Self {
        let mut seen = BTreeMap::<String, usize>::new();
        self.only(|label| {
            let fits =
                label.identities.iter().all(|person| seen.get(person).is_none_or(|seen| *seen < count));
            for person in label.identities.iter().filter(|_| fits) {
                *seen.entry(person.clone()).or_default() += 1;
            }
            fits
        })
    }

    /// With `count` strangers more, three to a photo, and five faces each that are alike at about 0.5. They are random mixtures
    /// of the event's faces, so that they are spread as real ones are.
    fn with_strangers(&self, count: usize) -> Self {
        let mut event = self.clone();
        let mut numbers = Numbers(7);
        let dimension = self.faces[0].1.dimension();
        let mut mean = vec![0.0; dimension];
        #[expect(clippy::cast_precision_loss, reason = "a few thousand faces")]
        let share = 1.0 / self.faces.len() as f32;
        for (_, face) in &self.faces {
            mean.iter_mut().zip(face.as_slice()).for_each(|(mean, x)| *mean += x * share);
        }
        let mut mixture = || {
            let mut sum = mean.clone();
            for _ in 0..256 {
                let (_, face) = &self.faces[usize::try_from(numbers.next()).unwrap() % self.faces.len()];
                let weight = numbers.bell() / 16.0;
                for ((sum, x), mean) in sum.iter_mut().zip(face.as_slice()).zip(&mean) {
                    *sum += weight * (x - mean);
                }
            }
            Embedding::normalised(&sum).unwrap()
        };
        for stranger in 0..count / 5 {
            let identity = mixture();
            for shot in 0..5 {
                let both: Vec<f32> =
                    identity.as_slice().iter().zip(mixture().as_slice()).map(|(a, b)| a + b).collect();
                let photo = self.photos.len() + (stranger / 3) * 5 + shot;
                event.faces.push((photo, Embedding::normalised(&both).unwrap()));
            }
        }
        let nobody = Label { identities: BTreeSet::new(), maybe: BTreeSet::new(), ..self.photos[0].clone() };
        let photos = event.faces.last().map_or(0, |(photo, _)| photo + 1);
        event.photos.resize(photos.max(self.photos.len()), Label { file: String::new(), ..nobody });
        event
    }
}

/// Reproducible numbers: a linear congruential generator (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Normally distributed, nearly: the sum of twelve numbers in [0, 1), less six.
    #[expect(clippy::cast_precision_loss, reason = "24 of 31 bits do")]
    fn bell(&mut self) -> f32 {
        (0..12).map(|_| self.next() as f32 / (1_u64 << 31) as f32).sum::<f32>() - 6.0
    }
}

#[test]
fn the_sure_band_is_right_and_nearly_complete() {
    let event = Event::index(engine());
    let thresholds = engine().thresholds();
    let ([plain, _], [sure, both]) = (event.plain(thresholds), event.people(thresholds));
    println!("one threshold: {}; sure: {}; both: {}", plain.words(), sure.words(), both.words());
    assert!(sure.recall() >= 0.96 && sure.precision() >= 0.99, "{sure:?}");
    assert!(both.recall() >= sure.recall() && both.precision() >= 0.95, "{both:?}");
    assert!(sure.recall() > plain.recall() + 0.02, "the person's other photos help: {plain:?}");
}

/// Prints the figures from which the thresholds in `models.toml` were chosen: for each, recall / precision of one threshold
/// and of the search for a person, on the event and on parts and enlargements of it.
#[test]
#[ignore = "a measurement: cargo test --release -p engine --test it -- --ignored --nocapture figures"]
fn figures_of_every_pack_at_several_thresholds() {
    for pack in ["open", "open-small", "intel", "research"] {
        let engine = open(pack, EngineOptions { threads: 2, ..EngineOptions::default() });
        let event = Event::index(&engine);
        let refused = event.selfies.iter().filter(|(_, embedding)| embedding.is_none()).count();
        println!("\n{pack}: {} faces, {refused} selfies refused", event.faces.len());
        println!("| {:28} | band | one threshold | the person |", "event");
        let chosen = engine.thresholds();
        for (name, part) in parts(&event) {
            for (band, plain, person) in zip_bands(part.plain(chosen), part.people(chosen)) {
                println!("| {name:28} | {band} | {} | {} |", plain.words(), person.words());
            }
        }
        let step = chosen.sure - chosen.maybe;
        for offset in -6..=6_i8 {
            let sure = chosen.sure + 0.01 * f32::from(offset);
            let thresholds = Thresholds { sure, maybe: sure - step };
            for (band, plain, person) in zip_bands(event.plain(thresholds), event.people(thresholds)) {
                println!("| sure {sure:.2} | {band} | {} | {} |", plain.words(), person.words());
            }
        }
        println!("{}", cost(&event, chosen).join("\n"));
    }
}

fn zip_bands(plain: [Tally; 2], person: [Tally; 2]) -> impl Iterator<Item = (&'static str, Tally, Tally)> {
    ["sure", "both"].into_iter().zip(plain).zip(person).map(|((band, plain), person)| (band, plain, person))
}

fn parts(event: &Event) -> Vec<(&'static str, Event)> {
    let leaders = |label: &Label| label.source.starts_with("koba4444");
    let first_half = |label: &Label| label.identities.first().is_none_or(|name| name.as_str() < "jimin");
    vec![
        ("whole", event.clone()),
        ("one collection (leaders)", event.only(leaders)),
        ("all other collections", event.only(|label| !leaders(label))),
        ("people A to J", event.only(first_half)),
        ("people J to Z", event.only(|label| label.identities.is_empty() || !first_half(label))),
        ("4 photos a person", event.few(4)),
        ("2 photos a person", event.few(2)),
        ("1 photo a person", event.few(1)),
        ("with 4,000 more faces", event.with_strangers(4_000)),
        ("with 20,000 more faces", event.with_strangers(20_000)),
    ]
}

/// How long a search takes on one thread, beside a single scan, at several sizes.
fn cost(event: &Event, thresholds: Thresholds) -> Vec<String> {
    let mut lines = Vec::new();
    let selfies: Vec<&Embedding> =
        event.selfies.iter().filter_map(|(_, embedding)| embedding.as_ref()).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for strangers in [0, 3_000, 200_000] {
        let gallery = event.with_strangers(strangers).gallery();
        let (mut scans, mut searches) = (Vec::new(), Vec::new());
        for selfie in selfies.iter().take(30) {
            let began = Instant::now();
            pool.install(|| gallery.search(selfie, Score(thresholds.maybe)));
            scans.push(began.elapsed());
            let person = Person::of((*selfie).clone());
            let began = Instant::now();
            pool.install(|| people::search(&gallery, &person, thresholds));
            searches.push(began.elapsed());
        }
        scans.sort();
        searches.sort();
        let faces = gallery.len();
        let (scan, person) = ((scans[15], scans[29]), (searches[15], searches[29]));
        lines
            .push(format!("{faces} faces, one thread, median and longest: scan {scan:?}, person {person:?}"));
    }
    lines
}
