//! The kernel for x86-64 processors with AVX2 (Intel Haswell, 2013; AMD Excavator, 2015; and later).
//!
//! ```text
//! for some rows and some queries at once, each pair with a sum of sixteen 16-bit integers:
//!     for each 32 bytes of the rows:
//!         low = bytes & 15;  high = (bytes >> 4) & 15
//!         for each query:   sum += maddubs(low, query's codes) + maddubs(high, query's codes)
//!     after eight such additions:  32-bit sum += pairs of the 16-bit sum;  16-bit sum = 0
//! ```
//! `maddubs` multiplies 32 unsigned with 32 signed bytes and adds neighbours with saturation. A product here is at most
//! 15 · 127, so that neither two of them nor eight such pairs (8 · 2 · 15 · 127 = 30,480 < 32,768) overflow 16 bits: the
//! sums are exact, and the step to 32 bits is rare. With codes of eight bits on both sides each product would need it.
//!
//! Additions and multiplications are what limits it where rows are in a cache: of each 32 codes there is one of both. Eight
//! sums at a time, of two rows and four queries, let a loaded and split row serve all queries and a loaded query both
//! rows, and fill the sixteen registers. One query reads one row after the other and asks for lines ahead: the memory is
//! what limits it, and rows side by side, or no asking, made it wait two to three times as long.
//!
//! Measured on an AMD EPYC (Zen 3) that others used too, the least of many, rows of 512 numbers, one thread: 9 to 13 ns a row
//! for one query in the first cache, 16 ns in 51 MB of memory, where reading alone takes 14 ns; four queries at once 5.6 ns
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
        queries: [&[QueryLane]; QUERIES],
        rows: &[Lane],
        sums: [&mut [i32]; QUERIES],
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
}

/// Sums at a time.
const SUMS: usize = 8;
/// Rows at a time with several queries.
const ROWS: usize = SUMS / QUERIES;
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
            [[*vector]] = products([row], [query]);
        }
        let totals = total_of_each(&vectors);
        if let Some(sums) = sums.as_mut_array() {
            *sums = totals;
        } else {
            sums.copy_from_slice(&totals[..sums.len()]);
        }
    }
}

#[target_feature(enable = "avx2")]
fn sums_of_several_avx2(queries: [&[QueryLane]; QUERIES], rows: &[Lane], sums: [&mut [i32]; QUERIES]) {
    let lanes = queries[0].len();
    let [one, two, three, four] = sums;
    let (one, one_rest) = one.as_chunks_mut::<ROWS>();
    let (two, two_rest) = two.as_chunks_mut::<ROWS>();
    let (three, three_rest) = three.as_chunks_mut::<ROWS>();
    let (four, four_rest) = four.as_chunks_mut::<ROWS>();
    let pairs = rows.chunks_exact(ROWS * lanes);
    let last = pairs.remainder();
    for ((((rows, one), two), three), four) in pairs.zip(one).zip(two).zip(three).zip(four) {
        let (first, second) = rows.split_at(lanes);
        let [of_first, of_second] = products([first, second], queries);
        let totals = total_of_each(&[
            of_first[0],
            of_second[0],
            of_first[1],
            of_second[1],
            of_first[2],
            of_second[2],
            of_first[3],
            of_second[3],
        ]);
        *one = [totals[0], totals[1]];
        *two = [totals[2], totals[3]];
        *three = [totals[4], totals[5]];
        *four = [totals[6], totals[7]];
    }
    for (query, rest) in queries.into_iter().zip([one_rest, two_rest, three_rest, four_rest]) {
        sums_avx2(query, last, rest);
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

/// The sums of the products of each row with each query: eight 32-bit parts of each.
#[inline]
#[target_feature(enable = "avx2")]
fn products<const R: usize, const Q: usize>(
    rows: [&[Lane]; R],
    queries: [&[QueryLane]; Q],
) -> [[__m256i; Q]; R] {
    let lanes = queries[0].len();
    let mut sums = [[_mm256_setzero_si256(); Q]; R];
    for lane in (LANES_PER_SUM..=lanes).step_by(LANES_PER_SUM).map(|end| end - LANES_PER_SUM) {
        add(&mut sums, short_products::<R, Q, LANES_PER_SUM>(part_of(rows, lane), part_of(queries, lane)));
    }
    if lanes % LANES_PER_SUM == 1 {
        add(&mut sums, short_products::<R, Q, 1>(part_of(rows, lanes - 1), part_of(queries, lanes - 1)));
    }
    sums
}

/// `L` lanes of each, from lane `from` on.
#[inline]
fn part_of<T, const N: usize, const L: usize>(slices: [&[T]; N], from: usize) -> [&[T; L]; N] {
    let mut parts = [&slices[0][from..].as_chunks().0[0]; N];
    for (part, slice) in parts.iter_mut().zip(slices) {
        *part = &slice[from..].as_chunks().0[0];
    }
    parts
}

#[inline]
#[target_feature(enable = "avx2")]
fn add<const R: usize, const Q: usize>(sums: &mut [[__m256i; Q]; R], more: [[__m256i; Q]; R]) {
    for row in 0..R {
        for query in 0..Q {
            sums[row][query] = _mm256_add_epi32(sums[row][query], more[row][query]);
        }
    }
}

/// [`products`] of at most [`LANES_PER_SUM`] lanes.
///
/// Loops of constant length and no closures: the compiler does not let a closure with these instructions into `map`, which
/// has not asked for them, and keeps the sums in registers only when it knows all indexes.
#[inline]
#[target_feature(enable = "avx2")]
fn short_products<const R: usize, const Q: usize, const L: usize>(
    rows: [&[Lane; L]; R],
    queries: [&[QueryLane; L]; Q],
) -> [[__m256i; Q]; R] {
    let (ones, fifteen) = (_mm256_set1_epi16(1), _mm256_set1_epi8(15));
    let (mut low, mut high) = ([fifteen; R], [fifteen; R]);
    let mut sums = [[_mm256_setzero_si256(); Q]; R];
    for lane in 0..L {
        for part in 0..PARTS {
            for row in 0..R {
                let bytes = load(&rows[row][lane].0.as_chunks().0[part]);
                low[row] = _mm256_and_si256(bytes, fifteen);
                high[row] = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), fifteen);
            }
            for query in 0..Q {
                let for_low = load_codes(&queries[query][lane].low.as_chunks().0[part]);
                let for_high = load_codes(&queries[query][lane].high.as_chunks().0[part]);
                for row in 0..R {
                    let sum = _mm256_add_epi16(sums[row][query], _mm256_maddubs_epi16(low[row], for_low));
                    sums[row][query] = _mm256_add_epi16(sum, _mm256_maddubs_epi16(high[row], for_high));
                }
            }
        }
    }
    for of_row in &mut sums {
        for sum in of_row {
            *sum = _mm256_madd_epi16(*sum, ones);
        }
    }
    sums
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
