//! The kernel for x86-64 processors with AVX2 and FMA (Intel Haswell, 2013; AMD Excavator, 2015; and later).
//!
//! ```text
//! four rows at a time:                      sums a, b, c, d of eight numbers each, twice
//!     for each pair of lanes of the query:  one load of each, four fused multiply-adds of each
//!     add the eight numbers of each sum up  → four scores
//! the rows that are left, one at a time, in the same way
//! ```
//! A multiply-add takes four cycles and two may start in each, so eight independent sums keep the units busy. Beyond
//! the caches the scan is bound by memory, which four parallel streams of rows read well.
#![expect(
    unsafe_code,
    reason = "vector intrinsics; each call stands behind the processor check in `Available`"
)]

use std::arch::x86_64::{
    __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_load_ps, _mm256_setzero_ps,
};

use crate::gallery::rows::Lane;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(());

impl Available {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    /// `scores[i]` = `query` · row `i`.
    #[expect(clippy::unused_self, reason = "having a value is the proof that the call is sound")]
    pub(super) fn scores(self, query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
        // SAFETY: a value of this type exists only after `detect` found AVX2 and FMA.
        unsafe { scores_avx2(query, rows, scores) }
    }
}

/// Rows that are scored together.
const ROWS: usize = 4;

#[target_feature(enable = "avx2,fma")]
fn scores_avx2(query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
    let width = query.len();
    let grouped = scores.len() - scores.len() % ROWS;
    let (groups, rest) = scores.split_at_mut(grouped);
    for (group, rows) in groups.chunks_exact_mut(ROWS).zip(rows.chunks_exact(width * ROWS)) {
        group.copy_from_slice(&dots::<ROWS>(query, std::array::from_fn(|row| &rows[row * width..][..width])));
    }
    for (score, row) in rest.iter_mut().zip(rows[grouped * width..].chunks_exact(width)) {
        [*score] = dots(query, [row]);
    }
}

/// The dot products of `query` with `N` rows of its length.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn dots<const N: usize>(query: &[Lane], rows: [&[Lane]; N]) -> [f32; N] {
    let mut even = [_mm256_setzero_ps(); N];
    let mut odd = even;
    let pairs = query.len() / 2;
    for pair in 0..pairs {
        let (first, second) = (load(&query[2 * pair]), load(&query[2 * pair + 1]));
        for row in 0..N {
            even[row] = _mm256_fmadd_ps(first, load(&rows[row][2 * pair]), even[row]);
            odd[row] = _mm256_fmadd_ps(second, load(&rows[row][2 * pair + 1]), odd[row]);
        }
    }
    if let Some(last) = query.get(2 * pairs) {
        for row in 0..N {
            even[row] = _mm256_fmadd_ps(load(last), load(&rows[row][2 * pairs]), even[row]);
        }
    }
    std::array::from_fn(|row| sum(_mm256_add_ps(even[row], odd[row])))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn load(lane: &Lane) -> __m256 {
    // SAFETY: a lane is eight floats (32 bytes) at an address that is a multiple of 32.
    unsafe { _mm256_load_ps(lane.0.as_ptr()) }
}

/// The sum of the eight numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn sum(numbers: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(numbers), _mm256_extractf128_ps::<1>(numbers));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}
