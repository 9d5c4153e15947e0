//! The search for a person: what it finds, and what it must not find. Faces are made up, with the likeness that is wanted.

use domain::{Band, Embedding, FaceId, PhotoId, Score, Thresholds};
use engine::gallery::people::{self, QUERIES_MAX};
use engine::{Gallery, Person, PersonHit, fused};
use proptest::prelude::*;
use uuid::Uuid;

const DIMENSION: usize = 128;
/// Members begin at 0.37 in a small gallery.
const THRESHOLDS: Thresholds = Thresholds { sure: 0.30, maybe: 0.25 };

fn photo(number: usize) -> PhotoId {
    PhotoId(Uuid::from_u128(number as u128))
}

/// A vector from its weights along a few axes; the rest of its length goes along the axis `own`, which nobody else has.
fn face(weights: &[(usize, f32)], own: usize) -> Embedding {
    let mut numbers = vec![0.0; DIMENSION];
    for (axis, weight) in weights {
        numbers[*axis] += weight;
    }
    let used: f32 = numbers.iter().map(|x| x * x).sum();
    assert!(used <= 1.0 && numbers[own].abs() < f32::EPSILON, "the weights leave a rest");
    numbers[own] = (1.0 - used).sqrt();
    Embedding::normalised(&numbers).unwrap()
}

/// A gallery of faces with their photos; a face's id tells its place in the list.
fn gallery(faces: &[(usize, Embedding)]) -> Gallery {
    let mut gallery = Gallery::new(DIMENSION);
    for (number, (in_photo, embedding)) in faces.iter().enumerate() {
        gallery.append(FaceId(Uuid::from_u128(number as u128)), photo(*in_photo), embedding).unwrap();
    }
    gallery
}

fn search(gallery: &Gallery, person: &Person) -> Vec<PersonHit> {
    people::search(gallery, person, THRESHOLDS)
}

fn band_of(hits: &[PersonHit], number: usize) -> Option<Band> {
    hits.iter().find(|hit| hit.photo_id == photo(number)).map(|hit| hit.band)
}

/// Axis 0 is the person from the front, axis 1 what their profile shots share.
fn selfie() -> Embedding {
    face(&[(0, 0.9)], 100)
}

/// Three photos between front and profile, and a pure profile, which the selfie alone would not find.
fn front_to_profile() -> Vec<(usize, Embedding)> {
    let mut faces: Vec<_> = (0..3).map(|i| (i, face(&[(0, 0.6), (1, 0.6)], 10 + i))).collect();
    faces.push((3, face(&[(0, 0.1), (1, 0.7)], 20)));
    faces
}

#[test]
fn a_profile_is_found_by_way_of_the_other_photos() {
    let gallery = gallery(&front_to_profile());
    let plain = gallery.search(&selfie(), Score(THRESHOLDS.maybe));
    assert_eq!(plain.len(), 3, "one threshold misses the profile");
    let hits = search(&gallery, &Person::of(selfie()));
    assert_eq!(hits.len(), 4);
    assert_eq!(band_of(&hits, 3), Some(Band::Sure));
    let profile = hits.iter().find(|hit| hit.photo_id == photo(3)).unwrap();
    assert_eq!(profile.to_selfie, None);
    assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
}

#[test]
fn a_chain_of_look_alikes_ends_at_once() {
    // Each link is very like the next (0.72) and hardly like the one after: the first is like the selfie beyond doubt.
    let link = |i: usize| (i, face(&[(i, 0.75), (i + 1, 0.6)], 60 + i));
    let faces: Vec<_> = (0..20).map(link).collect();
    let selfie = face(&[(0, 0.9)], 100);
    let hits = search(&gallery(&faces), &Person::of(selfie));
    let found: Vec<usize> = (0..20).filter(|i| band_of(&hits, *i).is_some()).collect();
    assert!(found.contains(&0) && found.iter().all(|i| *i < 4), "{found:?}");
}

#[test]
fn only_the_best_face_of_a_photo_is_the_person() {
    let twin = |own| face(&[(0, 0.8)], own);
    let faces = [(0, face(&[(0, 0.9)], 10)), (0, twin(11)), (1, twin(12))];
    let hits = search(&gallery(&faces), &Person::of(selfie()));
    assert_eq!(hits.len(), 2, "each photo once");
    assert_eq!(hits.iter().find(|hit| hit.photo_id == photo(0)).unwrap().face_id, FaceId(Uuid::from_u128(0)));
}

#[test]
fn a_face_that_is_clearly_somebody_elses_is_theirs() {
    let doubtful = face(&[(0, 0.36), (5, 0.7)], 30);
    let alone = search(&gallery(&[(0, doubtful.clone())]), &Person::of(selfie()));
    assert_eq!(band_of(&alone, 0), Some(Band::Sure));
    let other = face(&[(5, 0.8)], 31);
    let hits = search(&gallery(&[(0, doubtful.clone()), (1, other.clone())]), &Person::of(selfie()));
    assert!(hits.is_empty(), "{hits:?}");
    // In one photo with it, the other proves nothing: it may be the same face found twice.
    let hits = search(&gallery(&[(0, doubtful), (0, other)]), &Person::of(selfie()));
    assert_eq!(band_of(&hits, 0), Some(Band::Sure));
}

#[test]
fn who_stands_beside_the_person_is_somebody_else() {
    // The brother is like the person, and beside them in photo 0; photo 1 shows him alone.
    let brother = |own| face(&[(0, 0.38), (5, 0.8)], own);
    let together = [(0, face(&[(0, 0.9)], 10)), (0, brother(11)), (1, brother(12))];
    let hits = search(&gallery(&together), &Person::of(selfie()));
    assert_eq!((band_of(&hits, 0), band_of(&hits, 1)), (Some(Band::Sure), None));
    let apart = [(0, face(&[(0, 0.9)], 10)), (1, brother(12))];
    assert!(band_of(&search(&gallery(&apart), &Person::of(selfie())), 1).is_some());
}

#[test]
fn this_is_me_too_finds_more_and_a_strangers_photo_nothing() {
    let hard = |own| face(&[(0, 0.26), (1, 0.7)], own);
    let faces = [(0, hard(10)), (1, hard(11)), (2, face(&[(7, 0.9)], 12)), (3, face(&[(7, 0.9)], 13))];
    let gallery = gallery(&faces);
    assert!(search(&gallery, &Person::of(selfie())).is_empty());
    let taught = Person { mine: vec![photo(0)], ..Person::of(selfie()) };
    assert_eq!(band_of(&search(&gallery, &taught), 1), Some(Band::Maybe), "a word alone makes nothing sure");
    let liar = Person { mine: vec![photo(2)], ..Person::of(selfie()) };
    assert!(search(&gallery, &liar).is_empty(), "pointing at a stranger brings none of their photos");
}

#[test]
fn pointing_at_somebody_who_is_alike_by_chance_makes_their_photos_maybe_at_most() {
    // Cosines to the selfie: 0.16 and 0.24 (strangers reach both at times), to each other 0.6 and more.
    for axis in [0.18, 0.27] {
        let stranger = |own| face(&[(0, axis), (7, 0.8)], own);
        let faces = [(0, stranger(10)), (1, stranger(11)), (2, stranger(12)), (3, face(&[(0, 0.9)], 13))];
        let taught = Person { mine: vec![photo(0), photo(1)], ..Person::of(selfie()) };
        let hits = search(&gallery(&faces), &taught);
        assert_eq!(band_of(&hits, 3), Some(Band::Sure));
        assert!((0..3).all(|number| band_of(&hits, number) != Some(Band::Sure)), "{axis}: {hits:?}");
    }
}

#[test]
fn what_the_selfie_alone_is_sure_of_is_not_lost_to_a_burst() {
    // Five frames of one second are the members; another photo is like the selfie, but not like them.
    let mut faces: Vec<_> = (0..5).map(|i| (i, face(&[(0, 0.5), (1, 0.75)], 10 + i))).collect();
    faces.push((5, face(&[(0, 0.36), (1, -0.3)], 20)));
    let hits = search(&gallery(&faces), &Person::of(selfie()));
    assert_eq!(band_of(&hits, 0), Some(Band::Sure));
    assert_eq!(band_of(&hits, 5), Some(Band::Maybe));
}

#[test]
fn the_next_frame_does_not_take_a_photo_away() {
    // Two frames of one second: one just reaches "maybe", the other does not.
    let frame = |likeness, own| face(&[(0, likeness), (5, 0.85)], own);
    let (found, below) = (frame(0.3, 10), frame(0.26, 11));
    let hits = search(&gallery(&[(0, found), (1, below)]), &Person::of(selfie()));
    assert_eq!((band_of(&hits, 0), band_of(&hits, 1)), (Some(Band::Maybe), None));
}

#[test]
fn not_me_takes_the_look_alikes_photos_away() {
    let look_alike = |own| face(&[(0, 0.5), (5, 0.75)], own);
    let faces = [(0, look_alike(10)), (1, look_alike(11)), (2, face(&[(0, 0.8)], 12))];
    let gallery = gallery(&faces);
    let before = search(&gallery, &Person::of(selfie()));
    assert_eq!(before.len(), 3);
    let after = search(&gallery, &Person { not_mine: vec![photo(0)], ..Person::of(selfie()) });
    assert_eq!((band_of(&after, 1), band_of(&after, 2)), (None, Some(Band::Sure)));
    assert!(band_of(&after, 0).is_some(), "what they said is listed apart, above");
}

#[test]
fn several_selfies_become_one() {
    let (front, profile) = (face(&[(0, 0.9)], 10), face(&[(1, 0.9)], 11));
    let both = fused(&[&front, &profile]).unwrap();
    assert!((both.cosine(&front).0 - both.cosine(&profile).0).abs() < 1e-6);
    assert_eq!(fused(&[&front]).unwrap().as_slice().len(), DIMENSION);
    let shorter = Embedding::normalised(&[1.0, 0.0]).unwrap();
    assert_eq!(fused(&[]), None);
    assert_eq!(fused(&[&front, &shorter]), None);
    let opposite = Embedding::normalised(&[-1.0, 0.0]).unwrap();
    assert_eq!(fused(&[&shorter, &opposite]), None);
    assert_eq!(search(&gallery(&front_to_profile()), &Person::of(shorter)), [], "another pack's");
}

fn any_face() -> impl Strategy<Value = Embedding> {
    // Few dimensions, so that faces are alike by chance.
    prop::collection::vec(-1.0_f32..1.0, 6).prop_filter_map("no direction", |few| {
        let mut numbers = vec![0.0; DIMENSION];
        numbers[..6].copy_from_slice(&few);
        Embedding::normalised(&numbers).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_there_each_photo_comes_once_and_threads_do_not_matter(
        faces in prop::collection::vec((0_usize..40, any_face()), 0..120),
        selfie in any_face(),
        mine in prop::collection::vec(0_usize..40, 0..4),
        not_mine in prop::collection::vec(0_usize..40, 0..4),
    ) {
        let gallery = gallery(&faces);
        let person = Person {
            selfie,
            mine: mine.into_iter().map(photo).collect(),
            not_mine: not_mine.into_iter().map(photo).collect(),
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| search(&gallery, &person))
        };
        let hits = on(1);
        prop_assert_eq!(&hits, &on(3));
        let photos: std::collections::BTreeSet<_> = hits.iter().map(|hit| hit.photo_id).collect();
        prop_assert_eq!(photos.len(), hits.len());
        for hit in &hits {
            let number = usize::try_from(hit.face_id.0.as_u128()).unwrap();
            prop_assert_eq!(hit.photo_id, photo(faces[number].0), "the face is in the photo");
            prop_assert!(hit.score.0 >= THRESHOLDS.maybe);
            prop_assert!(hit.band == Band::Maybe || hit.score.0 >= THRESHOLDS.sure);
        }
    }
}

#[test]
fn what_cannot_be_looked_up_is_maybe_at_most() {
    // More faces in doubt than are looked up.
    let faces: Vec<_> = (0..QUERIES_MAX + 20).map(|i| (i, face(&[(0, 0.37)], 10 + i % 80))).collect();
    let hits = search(&gallery(&faces), &Person::of(selfie()));
    assert_eq!(hits.len(), faces.len());
    let sure = hits.iter().filter(|hit| hit.band == Band::Sure).count();
    assert!(sure > 0 && sure < QUERIES_MAX, "{sure}");
}
