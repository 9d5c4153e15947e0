//! Exact search: every row is judged by its codes, blocks in parallel on the current rayon pool; what may reach the
//! threshold is scored from its numbers in double precision, which alone decide. So an answer is the same on every
//! processor, with any number of threads, and whether a query was asked alone or with others.

use std::cmp::Ordering;

use domain::{Embedding, Score};
use rayon::prelude::*;

use super::codes::Query;
use super::kernel::{Kernel, QUERIES, TILE, Test};
use super::rows::{Block, Row};
use super::{FaceHit, Gallery};

/// For each query every face that scores at least `least`, best first.
pub(crate) fn at_least(
    gallery: &Gallery,
    queries: &[&Embedding],
    least: Score,
    kernel: Kernel,
) -> Vec<Vec<FaceHit>> {
    let asked: Vec<Asked> =
        queries.iter().enumerate().filter_map(|(number, query)| Asked::new(gallery, number, query)).collect();
    let none = || vec![Vec::new(); queries.len()];
    let blocks = gallery.blocks.par_iter().enumerate();
    let found = blocks.fold(none, |mut found, (number, block)| {
        Scan { block, number, least, kernel }.add_hits(&asked, &mut found);
        found
    });
    let mut found = found.reduce(none, |mut left, right| {
        left.iter_mut().zip(right).for_each(|(left, right)| left.extend(right));
        left
    });
    for hits in &mut found {
        hits.sort_unstable_by(best_first);
    }
    found
}

/// The `count` best faces, best first. Once so many are known, only a face that beats the last of them is scored.
pub(crate) fn nearest(gallery: &Gallery, query: &Embedding, count: usize, kernel: Kernel) -> Vec<FaceHit> {
    let asked: Vec<Asked> = Asked::new(gallery, 0, query).into_iter().collect();
    if count == 0 || asked.is_empty() {
        return Vec::new();
    }
    let blocks = gallery.blocks.par_iter().enumerate();
    let kept = blocks.fold(Vec::new, |kept: Vec<FaceHit>, (number, block)| {
        // One rounding lower, since a score is rounded and is compared with exact ones: equal faces come by their ids.
        let last = kept.get(count - 1).map_or(f32::NEG_INFINITY, |hit| hit.score.0.next_down());
        let mut found = [kept];
        Scan { block, number, least: Score(last), kernel }.add_hits(&asked, &mut found);
        let [found] = found;
        keep_best(found, count)
    });
    kept.reduce(Vec::new, |mut left, right| {
        left.extend(right);
        keep_best(left, count)
    })
}

/// A query of the gallery's dimension.
struct Asked<'a> {
    /// Its place among the queries that were asked.
    number: usize,
    numbers: &'a [f32],
    codes: Query,
}

impl<'a> Asked<'a> {
    fn new(gallery: &Gallery, number: usize, query: &'a Embedding) -> Option<Self> {
        let numbers = query.as_slice();
        (query.dimension() == gallery.dimension).then(|| Self { number, numbers, codes: Query::new(numbers) })
    }
}

/// The search of one block.
struct Scan<'a> {
    block: &'a Block,
    /// The block's place in the gallery.
    number: usize,
    least: Score,
    kernel: Kernel,
}

impl Scan<'_> {
    /// Adds the hits of each query to those that are found of it.
    fn add_hits(&self, queries: &[Asked], found: &mut [Vec<FaceHit>]) {
        let (fours, rest) = queries.as_chunks::<QUERIES>();
        let tests: Vec<Test> =
            queries.iter().map(|query| self.block.codes().coarse_test(&query.codes, self.least.0)).collect();
        let (tests_of_fours, tests_of_rest) = tests.as_chunks::<QUERIES>();
        for first in (0..self.block.owners().len()).step_by(TILE) {
            if !fours.is_empty() {
                // Queries by fours are asked for as long as it takes to read the next tile.
                let next = self.block.owners().len().min(first + TILE);
                self.kernel.prefetch(self.high(next, self.rows_from(next)));
            }
            for (four, tests) in fours.iter().zip(tests_of_fours) {
                self.ask_four(four, tests, first, found);
            }
            for (query, test) in rest.iter().zip(tests_of_rest) {
                self.ask_one(query, test, first, found);
            }
        }
    }

    fn ask_one(&self, query: &Asked, test: &Test, first: usize, found: &mut [Vec<FaceHit>]) {
        let mut sums = [0; TILE];
        let sums = &mut sums[..self.rows_from(first)];
        self.kernel.sums(query.codes.lanes(), self.high(first, sums.len()), sums);
        self.look_again(query, test, first, sums, &mut found[query.number]);
    }

    fn ask_four(
        &self,
        queries: &[Asked; QUERIES],
        tests: &[Test; QUERIES],
        first: usize,
        found: &mut [Vec<FaceHit>],
    ) {
        let rows = self.rows_from(first);
        let mut sums = [[0; TILE]; QUERIES];
        let lanes = queries.each_ref().map(|query| query.codes.lanes());
        let each = sums.each_mut().map(|sums| &mut sums[..rows]);
        self.kernel.sums_of_several(lanes, self.high(first, rows), each);
        for ((query, test), sums) in queries.iter().zip(tests).zip(&sums) {
            self.look_again(query, test, first, &sums[..rows], &mut found[query.number]);
        }
    }

    /// How many rows the tile has that begins with row `first`.
    fn rows_from(&self, first: usize) -> usize {
        TILE.min(self.block.owners().len() - first)
    }

    fn high(&self, first: usize, rows: usize) -> &[super::codes::Lane] {
        let lanes = self.block.codes().lanes_per_row();
        &self.block.codes().high()[first * lanes..][..rows * lanes]
    }

    /// Adds those of a tile's rows that are hits.
    fn look_again(&self, query: &Asked, test: &Test, first: usize, sums: &[i32], hits: &mut Vec<FaceHit>) {
        let codes = self.block.codes();
        let (scales, errors) = (&codes.scales()[first..], &codes.coarse_errors()[first..]);
        let mut passing = self.kernel.passing(test, sums, &scales[..sums.len()], &errors[..sums.len()]);
        while passing != 0 {
            let at = passing.trailing_zeros() as usize;
            passing &= passing - 1;
            hits.extend(self.hit(query, first + at, sums[at]));
        }
    }

    /// The hit that row `at` is, if its low plane and then its numbers say so.
    fn hit(&self, query: &Asked, at: usize, high: i32) -> Option<FaceHit> {
        let mut low = [0];
        self.kernel.sums(query.codes.lanes(), self.block.codes().low(at), &mut low);
        if !self.block.codes().may_reach(at, &query.codes, self.least.0, high, low[0]) {
            return None;
        }
        let score = dot(query.numbers, self.block.numbers(at));
        if score < f64::from(self.least.0) {
            return None;
        }
        let owner = self.block.owners()[at];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "about 1 at most; what is at least `least` stays so"
        )]
        let score = Score(score as f32);
        let row = Row { block: self.number, at };
        Some(FaceHit { face_id: owner.face_id, photo_id: owner.photo_id, score, row })
    }
}

/// The dot product in double precision, where the products of 32-bit floats are exact. Eight sums that do not wait for
/// each other, so that the compiler may use vectors.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    const SUMS: usize = 8;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let mut sums = [0.0_f64; SUMS];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += f64::from(*a) * f64::from(*b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(*a) * f64::from(*b));
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

fn keep_best(mut hits: Vec<FaceHit>, count: usize) -> Vec<FaceHit> {
    if hits.len() > count && count > 0 {
        hits.select_nth_unstable_by(count - 1, best_first);
    }
    hits.truncate(count);
    hits.sort_unstable_by(best_first);
    hits
}

/// Higher scores first; equal scores in the order of their ids, so that an answer does not depend on the threads.
pub(super) fn best_first(a: &FaceHit, b: &FaceHit) -> Ordering {
    b.score.0.total_cmp(&a.score.0).then(a.face_id.cmp(&b.face_id))
}

#[cfg(test)]
mod tests {
    use domain::{FaceId, PhotoId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn gallery_of(embeddings: &[Embedding]) -> Gallery {
        let mut gallery = Gallery::new(embeddings[0].dimension());
        for (number, embedding) in embeddings.iter().enumerate() {
            let id = Uuid::from_u128(number as u128);
            gallery.append(FaceId(id), PhotoId(id), embedding).unwrap();
        }
        gallery
    }

    fn numbers_of(hits: &[FaceHit]) -> Vec<usize> {
        let mut numbers: Vec<usize> =
            hits.iter().map(|hit| usize::try_from(hit.face_id.0.as_u128()).unwrap()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Faces of a few people, and some that stand in one direction, of any dimension.
    fn faces() -> impl Strategy<Value = Vec<Embedding>> {
        (1_usize..300).prop_flat_map(|dimension| {
            let number = prop_oneof![8 => -1.0_f32..1.0, 1 => Just(0.0), 1 => -30.0_f32..30.0];
            let raw = prop::collection::vec(prop::collection::vec(number, dimension), 2..150);
            raw.prop_map(|raw| raw.iter().filter_map(|raw| Embedding::normalised(raw).ok()).collect())
        })
    }

    proptest! {
        /// The answer is the one in double precision, also where the threshold is the very score of a face, or the next
        /// number above or below it, and whether a query was asked alone or with others.
        #[test]
        fn every_kernel_gives_the_answer_in_double_precision(
            faces in faces(),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 1..7),
            least in -0.5_f32..0.9,
        ) {
            prop_assume!(!faces.is_empty());
            let gallery = gallery_of(&faces);
            let queries: Vec<&Embedding> = picks.iter().map(|pick| pick.get(&faces)).collect();
            let at_a_score = queries[0].cosine(queries[queries.len() - 1]).0;
            for least in [least, at_a_score, at_a_score.next_up(), at_a_score.next_down()] {
                for kernel in Kernel::available() {
                    let answers = at_least(&gallery, &queries, Score(least), kernel);
                    for (query, hits) in queries.iter().zip(&answers) {
                        let score = |at: &usize| dot(query.as_slice(), faces[*at].as_slice());
                        let is_hit = |at: &usize| score(at) >= f64::from(least);
                        prop_assert_eq!(numbers_of(hits), (0..faces.len()).filter(is_hit).collect::<Vec<_>>());
                        prop_assert!(hits.iter().all(|hit| hit.score.0 >= least));
                        prop_assert!(hits.is_sorted_by(|a, b| best_first(a, b).is_le()));
                        prop_assert_eq!(&at_least(&gallery, &[query], Score(least), kernel)[0], hits);
                        prop_assert_eq!(&nearest(&gallery, query, hits.len(), kernel), hits);
                    }
                }
            }
        }

        /// The eight sums of [`dot`] differ from the plain one by the rounding of double precision and no more.
        #[test]
        fn the_dot_product_is_the_plain_one(pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 0..600)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let plain: f64 = pairs.iter().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((dot(&a, &b) - plain).abs() < 1e-12);
        }
    }

    #[test]
    fn thresholds_without_a_number_and_without_an_end_are_answered() {
        let faces = [Embedding::normalised(&[1.0; 40]).unwrap(), Embedding::normalised(&[-1.0; 40]).unwrap()];
        let gallery = gallery_of(&faces);
        for kernel in Kernel::available() {
            let count = |least: f32| at_least(&gallery, &[&faces[0]], Score(least), kernel)[0].len();
            assert_eq!([count(f32::NEG_INFINITY), count(-2.0), count(0.0)], [2, 2, 1]);
            assert_eq!([count(2.0), count(f32::INFINITY), count(f32::NAN)], [0, 0, 0]);
        }
    }

    /// What the words above `Gallery` say, for a full block.
    #[test]
    fn a_face_takes_2604_bytes() {
        let face = Embedding::normalised(&[1.0; 512]).unwrap();
        let gallery = gallery_of(&vec![face; Block::ROWS_MAX]);
        assert_eq!(gallery.memory_bytes(), 2_604 * Block::ROWS_MAX);
    }
}
