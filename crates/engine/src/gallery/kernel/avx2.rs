//! The kernel for x86-64 processors with AVX2 (Intel Haswell, 2013; AMD Excavator, 2015; and later).
//!
//! ```text
//! for a row and some queries at once, each with a sum of sixteen 16-bit integers:
//!     for each 32 bytes of the row:
//!         low = bytes & 15;  high = (bytes >> 4) & 15
//!         for each query:   sum += maddubs(low, query's codes) + maddubs(high, query's codes)
//!     after eight such additions:  32-bit sum += pairs of the 16-bit sum;  16-bit sum = 0
//! ```
//! `maddubs` multiplies 32 unsigned with 32 signed bytes and adds neighbours with saturation. A product here is at most
//! 15 · 127, so that neither two of them nor eight such pairs (8 · 2 · 15 · 127 = 30,480 < 32,768) overflow 16 bits: the
//! sums are exact, and the step to 32 bits is rare. With codes of eight bits on both sides each product would need it.
//!
//! Additions and multiplications are what limits it where rows are in a cache: of each 32 codes there is one of both. The
//! queries' codes are operands in memory of the multiplications, and lie in the order in which they are read, so that one
//! address does for all; eight sums, two halves of a row and one product then fit the sixteen registers. With 512 numbers a
//! row takes 45 operations for each query on the four pipes of a Zen 3, of which three can add and two can multiply: 3.6 ns
//! at 3.25 GHz. One query reads one row after the other and asks for lines ahead: the memory is what limits it, and rows
//! side by side, or no asking, made it wait two to three times as long.
//!
//! Measured on an AMD EPYC (Zen 3) that others used too, the least of many, rows of 512 numbers, one thread: 9 to 13 ns a row
//! for one query in the first cache, 16 ns in 51 MB of memory, where reading alone takes 14 ns; eight queries at once 4.1 ns
//! for each row and query. A product of 32-bit matrices needs at least 9.9 ns for that there (two fused multiply-adds of
//! eight numbers per cycle).
#![expect(
    unsafe_code,
    reason = "vector intrinsics; each call stands behind the processor check in `Available`"
)]

use std::arch::x86_64::{
    __m256, __m256i, _CMP_GE_OQ, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_si256, _mm256_cmp_ps, _mm256_cvtepi32_ps, _mm256_hadd_epi32, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_ps, _mm256_mul_ps,
    _mm256_mullo_epi32, _mm256_permute2x128_si256, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_si256,
};

use super::{QUERIES, Test, plain};
use crate::gallery::codes::{Lane, QueryLane};

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(());

#[expect(clippy::unused_self, reason = "having a value is the proof that a call is sound")]
impl Available {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    pub(super) fn sums(self, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
        // SAFETY: a value of this type exists only after `detect` found AVX2.
        unsafe { sums_avx2(query, rows, sums) }
    }

    pub(super) fn sums_of_several(
        self,
        queries: &[[QueryLane; QUERIES]],
        rows: &[Lane],
        sums: &mut [[i32; QUERIES]],
    ) {
        // SAFETY: as above.
        unsafe { sums_of_several_avx2(queries, rows, sums) }
    }

    /// Asks for rows that will be read.
    pub(super) fn prefetch_rows(self, rows: &[Lane]) {
        // SAFETY: as above.
        unsafe { prefetch(rows, 0) }
    }

    pub(super) fn passing(self, test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
        // SAFETY: as above.
        unsafe { passing_avx2(test, sums, scales, errors) }
    }

    pub(super) fn passing_of_several(
        self,
        tests: &[Test; QUERIES],
        sums: &[[i32; QUERIES]],
        (scales, errors): (&[f32], &[f32]),
        passing: &mut [u8],
    ) {
        // SAFETY: as above.
        unsafe { passing_of_several_avx2(tests, sums, (scales, errors), passing) }
    }
}

/// Sums at a time, of as many rows or queries.
const SUMS: usize = 8;
/// Lanes after which the 16-bit sums are full: each adds four pairs of products.
const LANES_PER_SUM: usize = 2;
/// Lanes, which are lines of the cache, from what is read to what is asked for.
const AHEAD: usize = 32;
/// Bytes of a vector, and how many of them are a lane.
const WIDTH: usize = size_of::<__m256i>();
const PARTS: usize = Lane::BYTES / WIDTH;

#[target_feature(enable = "avx2")]
fn sums_avx2(query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    let lanes = query.len();
    for (rows, sums) in rows.chunks(SUMS * lanes).zip(sums.chunks_mut(SUMS)) {
        let mut vectors = [_mm256_setzero_si256(); SUMS];
        for (row, vector) in rows.chunks_exact(lanes).zip(&mut vectors) {
            prefetch(row, AHEAD);
            for (lanes, query) in row.chunks(LANES_PER_SUM).zip(query.chunks(LANES_PER_SUM)) {
                *vector = _mm256_add_epi32(*vector, products(lanes, query));
            }
        }
        let totals = total_of_each(&vectors);
        if let Some(sums) = sums.as_mut_array() {
            *sums = totals;
        } else {
            sums.copy_from_slice(&totals[..sums.len()]);
        }
    }
}

/// Loops over slices whose length the compiler does not know, and fixed ones inside: it keeps eight sums in registers only
/// when it can neither unroll the first nor misses an index of the second.
#[target_feature(enable = "avx2")]
fn sums_of_several_avx2(queries: &[[QueryLane; QUERIES]], rows: &[Lane], sums: &mut [[i32; QUERIES]]) {
    for (row, sums) in rows.chunks_exact(queries.len()).zip(sums) {
        let mut totals = [_mm256_setzero_si256(); SUMS];
        for (lanes, queries) in row.chunks(LANES_PER_SUM).zip(queries.chunks(LANES_PER_SUM)) {
            let products = products_of_several(lanes, queries);
            for at in 0..SUMS {
                totals[at] = _mm256_add_epi32(totals[at], products[at]);
            }
        }
        *sums = total_of_each(&totals);
    }
}

/// Asks for what comes `ahead` lanes after `rows`, or for less where there is nothing.
#[inline]
#[target_feature(enable = "avx2")]
fn prefetch(rows: &[Lane], ahead: usize) {
    for lane in rows {
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(lane).wrapping_add(ahead).cast());
    }
}

/// The sum of the products of at most [`LANES_PER_SUM`] lanes: eight 32-bit parts of it.
#[inline]
#[target_feature(enable = "avx2")]
fn products(lanes: &[Lane], query: &[QueryLane]) -> __m256i {
    let mut sum = _mm256_setzero_si256();
    for (lane, query) in lanes.iter().zip(query) {
        for part in 0..PARTS {
            let (low, high) = halves(lane, part);
            sum = add_products(sum, (low, high), query, part);
        }
    }
    _mm256_madd_epi16(sum, _mm256_set1_epi16(1))
}

/// [`products`] of several queries.
#[inline]
#[target_feature(enable = "avx2")]
fn products_of_several(lanes: &[Lane], queries: &[[QueryLane; QUERIES]]) -> [__m256i; QUERIES] {
    let mut sums = [_mm256_setzero_si256(); QUERIES];
    for (lane, queries) in lanes.iter().zip(queries) {
        for part in 0..PARTS {
            let halves = halves(lane, part);
            for at in 0..QUERIES {
                sums[at] = add_products(sums[at], halves, &queries[at], part);
            }
        }
    }
    for sum in &mut sums {
        *sum = _mm256_madd_epi16(*sum, _mm256_set1_epi16(1));
    }
    sums
}

/// The low and the high halves of a part's bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(lane: &Lane, part: usize) -> (__m256i, __m256i) {
    let (bytes, fifteen) = (load(&lane.0.as_chunks().0[part]), _mm256_set1_epi8(15));
    (_mm256_and_si256(bytes, fifteen), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), fifteen))
}

/// Adds a part's products to sixteen 16-bit sums.
#[inline]
#[target_feature(enable = "avx2")]
fn add_products(sum: __m256i, (low, high): (__m256i, __m256i), query: &QueryLane, part: usize) -> __m256i {
    let for_low = load_codes(&query.low.as_chunks().0[part]);
    let for_high = load_codes(&query.high.as_chunks().0[part]);
    let sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(low, for_low));
    _mm256_add_epi16(sum, _mm256_maddubs_epi16(high, for_high))
}

/// The total of the eight parts of each vector.
#[inline]
#[target_feature(enable = "avx2")]
fn total_of_each(of: &[__m256i; SUMS]) -> [i32; SUMS] {
    let first = _mm256_hadd_epi32(_mm256_hadd_epi32(of[0], of[1]), _mm256_hadd_epi32(of[2], of[3]));
    let second = _mm256_hadd_epi32(_mm256_hadd_epi32(of[4], of[5]), _mm256_hadd_epi32(of[6], of[7]));
    let low = _mm256_permute2x128_si256::<0x20>(first, second);
    let high = _mm256_permute2x128_si256::<0x31>(first, second);
    let mut totals = [0; SUMS];
    // SAFETY: eight 32-bit integers are as long as the vector, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(totals.as_mut_ptr().cast(), _mm256_add_epi32(low, high)) };
    totals
}

#[target_feature(enable = "avx2")]
fn passing_avx2(test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
    let (sums, sums_rest) = sums.as_chunks::<SUMS>();
    let (scales, scales_rest) = scales.as_chunks::<SUMS>();
    let (errors, errors_rest) = errors.as_chunks::<SUMS>();
    let (times, plus) = (_mm256_set1_epi32(test.times), _mm256_set1_epi32(test.plus));
    let (scale, error) = (_mm256_set1_ps(test.scale), _mm256_set1_ps(test.error));
    let least = _mm256_set1_ps(test.least);
    let mut bits = 0;
    for (number, ((sums, scales), errors)) in sums.iter().zip(scales).zip(errors).enumerate() {
        let value = _mm256_add_epi32(_mm256_mullo_epi32(load_sums(sums), times), plus);
        let value = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(value), scale), load_floats(scales));
        let value = _mm256_add_ps(value, _mm256_mul_ps(load_floats(errors), error));
        let passing = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(value, least));
        bits |= u64::from(passing.cast_unsigned()) << (number * SUMS);
    }
    let rest = plain::passing(test, sums_rest, scales_rest, errors_rest);
    if rest == 0 { bits } else { bits | rest << (sums.len() * SUMS) }
}

#[target_feature(enable = "avx2")]
fn passing_of_several_avx2(
    tests: &[Test; QUERIES],
    sums: &[[i32; QUERIES]],
    (scales, errors): (&[f32], &[f32]),
    passing: &mut [u8],
) {
    let times = load_sums(&tests.map(|test| test.times));
    let plus = load_sums(&tests.map(|test| test.plus));
    let scale = load_floats(&tests.map(|test| test.scale));
    let error = load_floats(&tests.map(|test| test.error));
    let least = load_floats(&tests.map(|test| test.least));
    for (((sums, of_row), error_of_row), passing) in sums.iter().zip(scales).zip(errors).zip(passing) {
        let value = _mm256_add_epi32(_mm256_mullo_epi32(load_sums(sums), times), plus);
        let value = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(value), scale), _mm256_set1_ps(*of_row));
        let value = _mm256_add_ps(value, _mm256_mul_ps(_mm256_set1_ps(*error_of_row), error));
        let bits = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(value, least));
        *passing = bits.to_le_bytes()[0];
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; WIDTH]) -> __m256i {
    // SAFETY: as many bytes as a vector has; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_codes(codes: &[i8; WIDTH]) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_loadu_si256(codes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_sums(sums: &[i32; SUMS]) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_loadu_si256(sums.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_floats(numbers: &[f32; SUMS]) -> __m256 {
    // SAFETY: as above.
    unsafe { _mm256_loadu_ps(numbers.as_ptr()) }
}
