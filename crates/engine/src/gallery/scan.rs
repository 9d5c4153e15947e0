//! Exact search: every row is judged by its codes, blocks in parallel on the current rayon pool; what may reach the
//! threshold is scored from its numbers in double precision, which alone decide. So an answer is the same on every
//! processor, with any number of threads, and whether a query was asked alone or with others.

use std::cmp::Ordering;
use std::ops::Range;

use domain::{Embedding, Score};
use rayon::prelude::*;

use super::codes::{Lane, Query, QueryLane};
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
    let question = Question::new(&asked);
    let none = || vec![Vec::new(); queries.len()];
    let blocks = gallery.blocks.par_iter().enumerate();
    let found = blocks.fold(none, |mut found, (number, block)| {
        Scan { block, number, least, kernel }.add_hits(&question, &mut found);
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
    let question = Question::new(&asked);
    let blocks = gallery.blocks.par_iter().enumerate();
    let kept = blocks.fold(Vec::new, |kept: Vec<FaceHit>, (number, block)| {
        // One rounding lower, since a score is rounded and is compared with exact ones: equal faces come by their ids.
        let last = kept.get(count - 1).map_or(f32::NEG_INFINITY, |hit| hit.score.0.next_down());
        let mut found = [kept];
        Scan { block, number, least: Score(last), kernel }.add_hits(&question, &mut found);
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

/// What is asked of every block.
struct Question<'a> {
    asked: &'a [Asked<'a>],
    /// The codes of the first queries by [`QUERIES`], side by side for each lane. The last ones may be nobody's.
    groups: Vec<Vec<[QueryLane; QUERIES]>>,
}

/// From so many queries on, asking for [`QUERIES`] at once is faster than asking one after the other.
const GROUP_LEAST: usize = 3;

impl<'a> Question<'a> {
    fn new(asked: &'a [Asked<'a>]) -> Self {
        let groups = asked.chunks(QUERIES).filter(|group| group.len() >= GROUP_LEAST);
        Self { asked, groups: groups.map(side_by_side).collect() }
    }

    /// The queries that are asked one by one.
    fn singles(&self) -> Range<usize> {
        self.asked.len().min(self.groups.len() * QUERIES)..self.asked.len()
    }
}

fn side_by_side(group: &[Asked]) -> Vec<[QueryLane; QUERIES]> {
    let lanes = group.first().map_or(0, |query| query.codes.lanes().len());
    let of =
        |query: Option<&Asked>, lane: usize| query.map_or(QueryLane::ZERO, |query| query.codes.lanes()[lane]);
    (0..lanes).map(|lane| std::array::from_fn(|at| of(group.get(at), lane))).collect()
}

/// The search of one block.
struct Scan<'a> {
    block: &'a Block,
    /// The block's place in the gallery.
    number: usize,
    least: Score,
    kernel: Kernel,
}

/// A row that the high plane did not rule out.
struct Passed {
    /// Which of the queries it may answer.
    asked: usize,
    at: usize,
    /// The sum over its high plane.
    high: i32,
}

/// What is kept while a block is searched.
struct Work {
    /// A tile's sums.
    sums: [[i32; QUERIES]; TILE],
    /// Which of them pass, a bit for each; all clear when they have been seen to.
    passing: [u8; TILE],
    passed: Vec<Passed>,
}

impl Default for Work {
    fn default() -> Self {
        Self { sums: [[0; QUERIES]; TILE], passing: [0; TILE], passed: Vec::new() }
    }
}

impl Scan<'_> {
    /// Adds the hits of each query to those that are found of it.
    fn add_hits(&self, question: &Question, found: &mut [Vec<FaceHit>]) {
        let rows = self.block.owners().len();
        let tests = self.tests(question);
        let mut work = Work::default();
        for first in (0..rows).step_by(TILE) {
            // Only those of the tile before are looked at, whose low planes have arrived meanwhile.
            let earlier = work.passed.len();
            let next = rows.min(first + TILE);
            let next = self.high(next, self.rows_from(next));
            // Several queries are asked for as long as it takes to read the next tile: each group asks for its share.
            let mut next = next.chunks(next.len().div_ceil(question.groups.len().max(1)).max(1));
            for (number, (group, tests)) in question.groups.iter().zip(tests.as_chunks().0).enumerate() {
                self.kernel.prefetch(next.next().unwrap_or_default());
                self.ask_several(group, tests, number * QUERIES, first, &mut work);
            }
            for number in question.singles() {
                self.ask_one(&question.asked[number].codes, &tests[number], number, first, &mut work.passed);
            }
            self.look_again(question, work.passed.drain(..earlier), found);
        }
        self.look_again(question, work.passed.drain(..), found);
    }

    /// The test of each query, and of those nobody's that fill the last group: they pass nothing.
    fn tests(&self, question: &Question) -> Vec<Test> {
        let test = |query: &Asked| self.block.codes().coarse_test(&query.codes, self.least.0);
        let mut tests: Vec<Test> = question.asked.iter().map(test).collect();
        tests.resize(tests.len().max(question.groups.len() * QUERIES), Test::NOTHING);
        tests
    }

    fn ask_one(&self, query: &Query, test: &Test, asked: usize, first: usize, passed: &mut Vec<Passed>) {
        let mut sums = [0; TILE];
        let sums = &mut sums[..self.rows_from(first)];
        self.kernel.sums(query.lanes(), self.high(first, sums.len()), sums);
        let (scales, errors) = self.scales_and_errors(first, sums.len());
        let mut passing = self.kernel.passing(test, sums, scales, errors);
        while passing != 0 {
            let at = passing.trailing_zeros() as usize;
            passing &= passing - 1;
            self.note(Passed { asked, at: first + at, high: sums[at] }, passed);
        }
    }

    fn ask_several(
        &self,
        group: &[[QueryLane; QUERIES]],
        tests: &[Test; QUERIES],
        asked: usize,
        first: usize,
        work: &mut Work,
    ) {
        let rows = self.rows_from(first);
        let sums = &mut work.sums[..rows];
        self.kernel.sums_of_several(group, self.high(first, rows), sums);
        self.kernel.passing_of_several(
            tests,
            sums,
            self.scales_and_errors(first, rows),
            &mut work.passing[..rows],
        );
        // Most rows pass for nobody: eight at a time are seen to.
        let (eights, _) = work.passing.as_chunks_mut();
        for (eight, passing) in eights.iter_mut().enumerate() {
            let mut bits = u64::from_le_bytes(std::mem::take(passing));
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let (row, at) = (eight * 8 + bit / QUERIES, bit % QUERIES);
                let row = Passed { asked: asked + at, at: first + row, high: work.sums[row][at] };
                self.note(row, &mut work.passed);
            }
        }
    }

    /// Keeps a row to be looked at again, and asks the memory for what that will read first.
    fn note(&self, row: Passed, passed: &mut Vec<Passed>) {
        self.kernel.prefetch(self.block.codes().low(row.at));
        passed.push(row);
    }

    /// How many rows the tile has that begins with row `first`.
    fn rows_from(&self, first: usize) -> usize {
        TILE.min(self.block.owners().len() - first)
    }

    fn high(&self, first: usize, rows: usize) -> &[Lane] {
        let lanes = self.block.codes().lanes_per_row();
        &self.block.codes().high()[first * lanes..][..rows * lanes]
    }

    fn scales_and_errors(&self, first: usize, rows: usize) -> (&[f32], &[f32]) {
        let codes = self.block.codes();
        (&codes.scales()[first..][..rows], &codes.coarse_errors()[first..][..rows])
    }

    /// Adds those of the rows that are hits.
    fn look_again(
        &self,
        question: &Question,
        passed: impl Iterator<Item = Passed>,
        found: &mut [Vec<FaceHit>],
    ) {
        for Passed { asked, at, high } in passed {
            let query = &question.asked[asked];
            found[query.number].extend(self.hit(query, at, high));
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
            picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
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

    /// Whichever of the queries it is, and however many there are: it has no answer, and the others have theirs.
    #[test]
    fn a_query_of_another_model_changes_no_other_answer() {
        let face = |at: u8| {
            let wave = |number: u16| ((f32::from(number) + 1.0) * (0.3 + f32::from(at))).sin();
            Embedding::normalised(&(0..130).map(wave).collect::<Vec<_>>()).unwrap()
        };
        let faces: Vec<Embedding> = (0..90).map(face).collect();
        let (gallery, stranger) = (gallery_of(&faces), Embedding::normalised(&[1.0; 131]).unwrap());
        for (count, kernel) in
            (0..20).flat_map(|count| Kernel::available().map(move |kernel| (count, kernel)))
        {
            let queries: Vec<&Embedding> = faces.iter().take(count).collect();
            let expected = at_least(&gallery, &queries, Score(0.2), kernel);
            assert!(
                expected.iter().zip(&queries).all(|(hits, _)| hits[0].score.0 > 0.99),
                "each finds itself"
            );
            for at in 0..=count {
                let (mut queries, mut expected) = (queries.clone(), expected.clone());
                queries.insert(at, &stranger);
                expected.insert(at, Vec::new());
                assert_eq!(at_least(&gallery, &queries, Score(0.2), kernel), expected, "{at} of {count}");
            }
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
