//! The inner loop of the search: the dot product of one query with many rows.
//!
//! [`plain`] is the truth; every other kernel is held to it by tests on generated data.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod plain;

use super::rows::Lane;

/// One way to compute dot products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Portable.
    Plain,
    /// AVX2 and FMA. Made only by [`Kernel::fastest`], after asking the processor.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
}

impl Kernel {
    /// The fastest kernel of this processor.
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(available) = avx2::Available::detect() {
            return Self::Avx2(available);
        }
        Self::Plain
    }

    /// Its name, for logs and benchmarks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }

    /// `scores[i]` = `query` · row `i` of `rows`, whose rows are as long as the query.
    pub(crate) fn scores(self, query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
        assert_eq!(rows.len(), query.len() * scores.len(), "one score per row, rows as long as the query");
        match self {
            Self::Plain => plain::scores(query, rows, scores),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.scores(query, rows, scores),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Embedding, FaceId, PhotoId, Score};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::gallery::rows::to_lanes;
    use crate::gallery::{Gallery, scan};

    /// Every kernel that this processor can run.
    fn available() -> Vec<Kernel> {
        vec![Kernel::Plain, Kernel::fastest()]
    }

    fn rows_of(numbers: &[f32], dimension: usize) -> Vec<Lane> {
        numbers.chunks_exact(dimension).flat_map(to_lanes).collect()
    }

    proptest! {
        /// Against sums in double precision, for dimensions that do and do not fill their lanes and any count of rows.
        #[test]
        fn kernels_compute_dot_products(
            dimension in 1_usize..70,
            count in 0_usize..11,
            numbers in prop::collection::vec(-1.0_f32..1.0, 70 * 11),
        ) {
            let (query, rest) = numbers.split_at(dimension);
            let rows = &rest[..(count * dimension).min(rest.len() / dimension * dimension)];
            let lanes: Vec<Lane> = to_lanes(query).collect();
            for kernel in available() {
                let mut scores = vec![f32::NAN; rows.len() / dimension];
                kernel.scores(&lanes, &rows_of(rows, dimension), &mut scores);
                for (row, score) in rows.chunks_exact(dimension).zip(&scores) {
                    let truth: f64 = query.iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    prop_assert!((truth - f64::from(*score)).abs() < 1e-5, "{kernel:?}: {score} is not {truth}");
                }
            }
        }

        /// The answers to a search are the same, but for scores within rounding of the threshold.
        #[test]
        fn kernels_find_the_same_faces(
            numbers in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 24), 2..200),
            least in -0.5_f32..0.5,
        ) {
            let embeddings: Vec<Embedding> = numbers.iter().filter_map(|raw| Embedding::normalised(raw).ok()).collect();
            prop_assume!(embeddings.len() > 1);
            let (query, rest) = embeddings.split_first().unwrap();
            let mut gallery = Gallery::new(24);
            for (number, embedding) in rest.iter().enumerate() {
                let id = Uuid::from_u128(number as u128);
                gallery.append(FaceId(id), PhotoId(id), embedding).unwrap();
            }
            let expected: Vec<usize> = (0..rest.len()).filter(|at| rest[*at].cosine(query).0 >= least).collect();
            for kernel in available() {
                let hits = scan::at_least(&gallery, query, Score(least), kernel);
                let mut found: Vec<usize> = hits.iter().map(|hit| usize::try_from(hit.face_id.0.as_u128()).unwrap()).collect();
                found.sort_unstable();
                let is_clear = |at: &usize| (rest[*at].cosine(query).0 - least).abs() > 1e-5;
                let clear = |all: &[usize]| -> Vec<usize> { all.iter().copied().filter(is_clear).collect() };
                prop_assert_eq!(clear(&found), clear(&expected), "{:?}", kernel);
                let nearest = scan::nearest(&gallery, query, found.len(), kernel);
                prop_assert_eq!(nearest, hits, "{:?}", kernel);
            }
        }
    }

    /// Times every kernel on a small event's rows, which fit in the caches, and on 410 MB, which do not.
    #[test]
    #[ignore = "a measurement: cargo test --release -p engine --lib -- --ignored --nocapture speed"]
    fn speed_of_the_kernels() {
        let row: Vec<f32> = (0..512_u16).map(|at| f32::from(at % 7) - 3.0).collect();
        let query: Vec<Lane> = to_lanes(&row).collect();
        for count in [1_000, 4_000, 200_000] {
            let rows = query.repeat(count);
            let mut scores = vec![0.0; count];
            for kernel in available() {
                let times = (0..20).map(|_| {
                    let start = std::time::Instant::now();
                    kernel.scores(&query, &rows, &mut scores);
                    start.elapsed()
                });
                let best = times.min().unwrap();
                println!("{}: {best:?} for {count} rows of 512 numbers, one thread", kernel.name());
                assert!(scores.iter().all(|score| score.to_bits() == scores[0].to_bits()));
            }
        }
    }

    #[test]
    fn this_kind_of_processor_gets_the_fast_kernel() {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            assert_eq!(Kernel::fastest().name(), "avx2");
        }
        assert_eq!(Kernel::Plain.name(), "plain");
    }
}
