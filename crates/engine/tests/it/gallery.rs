//! The gallery from outside: order, removal, snapshots, recall.

use domain::{Embedding, FaceId, PhotoId, Score};
use engine::{FaceHit, Gallery};
use uuid::Uuid;

use crate::support::engine;

const DIMENSION: usize = 512;

/// Reproducible numbers in [-1, 1): a linear congruential generator (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn embedding(&mut self) -> Embedding {
        let raw: Vec<f32> = (0..DIMENSION).map(|_| self.next()).collect();
        Embedding::normalised(&raw).unwrap()
    }

    /// Somewhere near `centre`: cosines of about 0.7.
    fn near(&mut self, centre: &Embedding) -> Embedding {
        let raw: Vec<f32> = centre.as_slice().iter().map(|x| x + self.next() * 0.077).collect();
        Embedding::normalised(&raw).unwrap()
    }
}

fn face(number: usize) -> FaceId {
    FaceId(Uuid::from_u128(number as u128))
}

fn photo(number: usize) -> PhotoId {
    PhotoId(Uuid::from_u128(number as u128))
}

#[test]
fn every_face_above_the_threshold_is_found() {
    let mut numbers = Numbers(1);
    let person = numbers.embedding();
    let mut gallery = Gallery::new(DIMENSION);
    let mut embeddings = Vec::new();
    for number in 0..20_000 {
        let embedding = if number % 97 == 0 { numbers.near(&person) } else { numbers.embedding() };
        gallery.append(face(number), photo(number / 3), &embedding).unwrap();
        embeddings.push(embedding);
    }
    let least = Score(0.4);
    let found = engine().search(&gallery, &person, least);
    let expected = embeddings.iter().filter(|embedding| embedding.cosine(&person) >= least).count();
    assert_eq!(found.len(), expected);
    assert_eq!(found.len(), 20_000_usize.div_ceil(97));
    assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert!(found.iter().all(|hit| hit.face_id.0.as_u128() % 97 == 0));
    assert!(found.iter().all(|hit| hit.photo_id.0.as_u128() == hit.face_id.0.as_u128() / 3));

    let first = gallery.embedding_of(&found[0]).unwrap();
    assert_eq!(Embedding::normalised(&first).unwrap().cosine(&person), found[0].score);
    assert_eq!(gallery.search_many(&[&person, &embeddings[1]], least)[0], found);

    let nearest = gallery.nearest(&person, 50);
    assert_eq!(nearest, found[..50]);
    assert!(gallery.nearest(&person, 0).is_empty());
    assert_eq!(gallery.nearest(&person, 30_000).len(), 20_000);
}

#[test]
fn equal_faces_come_by_their_ids_however_many_threads_search() {
    // Five blocks of copies of a few faces, the smallest ids last.
    let mut numbers = Numbers(3);
    let kinds: Vec<Embedding> = (0..7).map(|_| numbers.embedding()).collect();
    let mut gallery = Gallery::new(DIMENSION);
    for number in (0..5_000).rev() {
        gallery.append(face(number), photo(number), &kinds[number % 7]).unwrap();
    }
    let query = numbers.near(&kinds[0]);
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (all, few) = pool.install(|| (gallery.search(&query, Score(0.5)), gallery.nearest(&query, 20)));
        let expected: Vec<FaceId> = (0..5_000).step_by(7).map(face).collect();
        assert_eq!(all.iter().map(|hit| hit.face_id).collect::<Vec<_>>(), expected);
        assert_eq!(few, all[..20], "{threads} threads");
    }
}

#[test]
fn what_is_removed_is_gone_and_the_rest_stays() {
    let mut numbers = Numbers(2);
    let embeddings: Vec<Embedding> = (0..5_000).map(|_| numbers.embedding()).collect();
    let mut gallery = Gallery::new(DIMENSION);
    for (number, embedding) in embeddings.iter().enumerate() {
        gallery.append(face(number), photo(number / 10), embedding).unwrap();
    }
    let before = gallery.clone();
    for number in (0..500).step_by(2) {
        assert_eq!(gallery.remove_photo(photo(number)), 10);
    }
    assert!(gallery.remove_face(face(11)));
    assert!(!gallery.remove_face(face(11)));
    assert_eq!(gallery.remove_photo(photo(0)), 0);
    assert_eq!((gallery.len(), before.len()), (2_499, 5_000));
    for (number, embedding) in embeddings.iter().enumerate() {
        let is_there = |hit: &FaceHit| hit.face_id == face(number) && hit.photo_id == photo(number / 10);
        let in_gallery = gallery.search(embedding, Score(0.999)).iter().any(is_there);
        assert_eq!(in_gallery, number / 10 % 2 == 1 && number != 11, "face {number}");
        assert!(before.search(embedding, Score(0.999)).iter().any(is_there));
    }
}

#[test]
fn another_packs_embeddings_are_refused() {
    let mut gallery = Gallery::new(DIMENSION);
    let other = Embedding::normalised(&[1.0; 256]).unwrap();
    let error = gallery.append(face(1), photo(1), &other).unwrap_err();
    assert_eq!((error.expected, error.found), (512, 256));
    assert!(gallery.is_empty());
    gallery.append(face(1), photo(1), &Embedding::normalised(&[1.0; DIMENSION]).unwrap()).unwrap();
    assert!(gallery.search(&other, Score(-1.0)).is_empty());
    assert!(gallery.memory_bytes() >= DIMENSION * 4);
}
