//! The kernel for x86-64 processors with AVX2 and FMA (Intel Haswell, 2013; AMD Excavator, 2015; and later).
//!
//! ```text
//! for each row:
//!     sums a, b, c, d of eight numbers each = 0
//!     for each four lanes:  a += query · row (fused multiply-add), likewise b, c, d with the next lanes
//!     for each lane left:   a += query · row
//!     score = the sum of the numbers of a + b + c + d
//! ```
//! A multiply-add takes four cycles, and each needs two loads, of which a cycle has two: four independent sums keep the
//! units busy. Beyond the caches the scan is bound by memory. Rows one after the other are what its prefetcher likes:
//! scoring four rows at a time, to load the query less often, was slower.
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

/// Sums that run side by side.
const SUMS: usize = 4;

#[target_feature(enable = "avx2,fma")]
fn scores_avx2(query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
    for (row, score) in rows.chunks_exact(query.len()).zip(scores) {
        *score = dot(query, row);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn dot(query: &[Lane], row: &[Lane]) -> f32 {
    let (query, query_rest) = query.as_chunks::<SUMS>();
    let (row, row_rest) = row.as_chunks::<SUMS>();
    let mut sums = [_mm256_setzero_ps(); SUMS];
    for (query, row) in query.iter().zip(row) {
        for at in 0..SUMS {
            sums[at] = _mm256_fmadd_ps(load(&query[at]), load(&row[at]), sums[at]);
        }
    }
    for (query, row) in query_rest.iter().zip(row_rest) {
        sums[0] = _mm256_fmadd_ps(load(query), load(row), sums[0]);
    }
    let [a, b, c, d] = sums;
    sum(_mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)))
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
