//! The kernel for x86-64 processors with AVX-512 F, BW and VNNI (Intel Ice Lake, 2019; AMD Zen 4, 2022; and later).
//!
//! ```text
//! for some rows and some queries at once, each pair with a sum of sixteen 32-bit integers:
//!     for each 64 bytes of the rows:
//!         low = bytes & 15;  high = (bytes >> 4) & 15
//!         for each query:   sum = dpbusd(dpbusd(sum, low, query's codes), high, query's codes)
//! ```
//! `dpbusd` multiplies 64 unsigned with 64 signed bytes and adds four neighbours to each 32-bit integer, all exact, so
//! that nothing must be kept from overflowing. Its unsigned side is the rows', whose halves have no sign.
//!
//! The loop is written over [`Instructions`], so that a test can run it on a processor without them. It has not been
//! timed.
#![expect(
    unsafe_code,
    reason = "vector intrinsics; `Available`, which is the proof that the processor has them, is their `self`"
)]
#![expect(
    clippy::inline_always,
    reason = "only inside a function that asks for the instructions may the compiler use them for what is generic"
)]

use std::arch::x86_64::{
    __m512i, _CMP_GE_OQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_add_ps, _mm512_and_si512,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_mullo_epi32, _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_si512, _mm512_srli_epi16,
};

use super::{QUERIES, Test, plain};
use crate::gallery::codes::{Lane, QueryLane};

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(());

impl Available {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        has_all.then_some(Self(()))
    }

    pub(super) fn sums(self, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
        // SAFETY: a value of this type exists only after `detect` found the instructions.
        unsafe { sums_avx512(self, query, rows, sums) }
    }

    pub(super) fn sums_of_several(
        self,
        queries: [&[QueryLane]; QUERIES],
        rows: &[Lane],
        sums: [&mut [i32]; QUERIES],
    ) {
        // SAFETY: as above.
        unsafe { sums_of_several_avx512(self, queries, rows, sums) }
    }

    /// Asks for rows that will be read.
    pub(super) fn prefetch_rows(self, rows: &[Lane]) {
        self.prefetch(rows, 0);
    }

    #[expect(clippy::unused_self, reason = "having a value is the proof that the call is sound")]
    pub(super) fn passing(self, test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
        // SAFETY: as above.
        unsafe { passing_avx512(test, sums, scales, errors) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums_avx512(cpu: Available, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    one_query(cpu, query, rows, sums);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums_of_several_avx512(
    cpu: Available,
    queries: [&[QueryLane]; QUERIES],
    rows: &[Lane],
    sums: [&mut [i32]; QUERIES],
) {
    several_queries(cpu, queries, rows, sums);
}

/// Rows at a time with several queries: eight sums, so that few additions wait for the one before them.
const ROWS: usize = 2;
/// Lanes, which are lines of the cache, from what is read to what is asked for.
const AHEAD: usize = 32;

#[inline(always)]
fn one_query<I: Instructions>(cpu: I, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        cpu.prefetch(row, AHEAD);
        [[*sum]] = products(cpu, [row], [query]);
    }
}

#[inline(always)]
fn several_queries<I: Instructions>(
    cpu: I,
    queries: [&[QueryLane]; QUERIES],
    rows: &[Lane],
    mut sums: [&mut [i32]; QUERIES],
) {
    let lanes = queries[0].len();
    let pairs = rows.chunks_exact(ROWS * lanes);
    let last = pairs.remainder();
    for (pair, rows) in pairs.enumerate() {
        let (first, second) = rows.split_at(lanes);
        let totals = products(cpu, [first, second], queries);
        for (row, of_row) in totals.into_iter().enumerate() {
            for (sums, sum) in sums.iter_mut().zip(of_row) {
                sums[pair * ROWS + row] = sum;
            }
        }
    }
    if !last.is_empty() {
        let [of_row] = products(cpu, [last], queries);
        for (sums, sum) in sums.iter_mut().zip(of_row) {
            sums[rows.len() / lanes - 1] = sum;
        }
    }
}

#[inline(always)]
fn products<I: Instructions, const R: usize, const Q: usize>(
    cpu: I,
    rows: [&[Lane]; R],
    queries: [&[QueryLane]; Q],
) -> [[i32; Q]; R] {
    let mut sums = [[cpu.zero(); Q]; R];
    let mut low = [cpu.zero(); R];
    let mut high = [cpu.zero(); R];
    for lane in 0..queries[0].len() {
        for row in 0..R {
            low[row] = cpu.low_halves(&rows[row][lane].0);
            high[row] = cpu.high_halves(&rows[row][lane].0);
        }
        for query in 0..Q {
            let for_low = cpu.codes(&queries[query][lane].low);
            let for_high = cpu.codes(&queries[query][lane].high);
            for row in 0..R {
                let sum = cpu.dpbusd(sums[row][query], low[row], for_low);
                sums[row][query] = cpu.dpbusd(sum, high[row], for_high);
            }
        }
    }
    let mut totals = [[0; Q]; R];
    for row in 0..R {
        for query in 0..Q {
            totals[row][query] = cpu.total(sums[row][query]);
        }
    }
    totals
}

/// What the loop needs of a processor.
trait Instructions: Copy {
    /// 64 bytes, or sixteen 32-bit integers.
    type Vector: Copy;

    fn zero(self) -> Self::Vector;
    /// Asks for what comes `ahead` lanes after `rows`.
    fn prefetch(self, rows: &[Lane], ahead: usize);
    /// The low halves of the bytes.
    fn low_halves(self, bytes: &[u8; Lane::BYTES]) -> Self::Vector;
    /// The high halves of the bytes.
    fn high_halves(self, bytes: &[u8; Lane::BYTES]) -> Self::Vector;
    fn codes(self, codes: &[i8; Lane::BYTES]) -> Self::Vector;
    /// Multiplies unsigned bytes with signed ones and adds four neighbouring products to each 32-bit sum.
    fn dpbusd(self, sums: Self::Vector, unsigned: Self::Vector, signed: Self::Vector) -> Self::Vector;
    /// The total of the sixteen sums.
    fn total(self, sums: Self::Vector) -> i32;
}

impl Instructions for Available {
    type Vector = __m512i;

    #[inline(always)]
    fn zero(self) -> __m512i {
        // SAFETY: `self` is the proof; so in each function here.
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn prefetch(self, rows: &[Lane], ahead: usize) {
        for lane in rows {
            // SAFETY: it reads nothing, wherever it points, and every x86-64 processor has it.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(lane).wrapping_add(ahead).cast()) };
        }
    }

    #[inline(always)]
    fn low_halves(self, bytes: &[u8; Lane::BYTES]) -> __m512i {
        // SAFETY: `self`; as many bytes as the vector has, and the load needs no alignment.
        unsafe { _mm512_and_si512(_mm512_loadu_si512(bytes.as_ptr().cast()), _mm512_set1_epi8(15)) }
    }

    #[inline(always)]
    fn high_halves(self, bytes: &[u8; Lane::BYTES]) -> __m512i {
        // SAFETY: as above.
        unsafe {
            let bytes = _mm512_loadu_si512(bytes.as_ptr().cast());
            _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), _mm512_set1_epi8(15))
        }
    }

    #[inline(always)]
    fn codes(self, codes: &[i8; Lane::BYTES]) -> __m512i {
        // SAFETY: as above.
        unsafe { _mm512_loadu_si512(codes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn dpbusd(self, sums: __m512i, unsigned: __m512i, signed: __m512i) -> __m512i {
        // SAFETY: `self`.
        unsafe { _mm512_dpbusd_epi32(sums, unsigned, signed) }
    }

    #[inline(always)]
    fn total(self, sums: __m512i) -> i32 {
        // SAFETY: `self`.
        unsafe { _mm512_reduce_add_epi32(sums) }
    }
}

/// Sums of a vector.
const WIDTH: usize = 16;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn passing_avx512(test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
    let (sums, sums_rest) = sums.as_chunks::<WIDTH>();
    let (scales, scales_rest) = scales.as_chunks::<WIDTH>();
    let (errors, errors_rest) = errors.as_chunks::<WIDTH>();
    let (times, plus) = (_mm512_set1_epi32(test.times), _mm512_set1_epi32(test.plus));
    let (scale, error, least) =
        (_mm512_set1_ps(test.scale), _mm512_set1_ps(test.error), _mm512_set1_ps(test.least));
    let mut bits = 0;
    for (number, ((sums, scales), errors)) in sums.iter().zip(scales).zip(errors).enumerate() {
        // SAFETY: each array is as long as the vector, and the loads need no alignment.
        let (sums, scales, errors) = unsafe {
            (
                _mm512_loadu_si512(sums.as_ptr().cast()),
                _mm512_loadu_ps(scales.as_ptr()),
                _mm512_loadu_ps(errors.as_ptr()),
            )
        };
        let value = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_mullo_epi32(sums, times), plus));
        let value = _mm512_mul_ps(_mm512_mul_ps(value, scale), scales);
        let value = _mm512_add_ps(value, _mm512_mul_ps(errors, error));
        bits |= u64::from(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(value, least)) << (number * WIDTH);
    }
    let rest = plain::passing(test, sums_rest, scales_rest, errors_rest);
    if rest == 0 { bits } else { bits | rest << (sums.len() * WIDTH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instructions as Intel's manual describes them, on arrays.
    #[derive(Clone, Copy)]
    struct Emulated;

    impl Instructions for Emulated {
        /// Bytes, or sums in the first four bytes of each group, little-endian.
        type Vector = [u8; Lane::BYTES];

        fn zero(self) -> Self::Vector {
            [0; Lane::BYTES]
        }

        fn prefetch(self, _: &[Lane], _: usize) {}

        fn low_halves(self, bytes: &[u8; Lane::BYTES]) -> Self::Vector {
            bytes.map(|byte| byte & 15)
        }

        fn high_halves(self, bytes: &[u8; Lane::BYTES]) -> Self::Vector {
            bytes.map(|byte| byte >> 4)
        }

        fn codes(self, codes: &[i8; Lane::BYTES]) -> Self::Vector {
            codes.map(i8::cast_unsigned)
        }

        fn dpbusd(self, sums: Self::Vector, unsigned: Self::Vector, signed: Self::Vector) -> Self::Vector {
            let mut to = sums;
            let parts = to.as_chunks_mut::<4>().0.iter_mut();
            for ((to, a), b) in parts.zip(unsigned.as_chunks::<4>().0).zip(signed.as_chunks::<4>().0) {
                let products = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(b.cast_signed()));
                *to = (i32::from_le_bytes(*to) + products.sum::<i32>()).to_le_bytes();
            }
            to
        }

        fn total(self, sums: Self::Vector) -> i32 {
            sums.as_chunks::<4>().0.iter().map(|part| i32::from_le_bytes(*part)).sum()
        }
    }

    /// One loop for all processors: what it computes with the manual's instructions is what the plain kernel does.
    #[test]
    fn the_loop_is_right_where_the_instructions_are_as_the_manual_says() {
        for (lanes, count) in [(1, 0), (1, 7), (2, 8), (4, 21), (5, 16)] {
            let byte = |at: usize| u8::try_from(at * at * 37 % 251).unwrap();
            let lane = |at: usize| Lane(std::array::from_fn(|byte_at| byte(at * 64 + byte_at)));
            let code = |at: usize| byte(at).cast_signed().max(-127);
            let query_lane = |at: usize| QueryLane {
                low: std::array::from_fn(|byte_at| code(at * 91 + byte_at)),
                high: std::array::from_fn(|byte_at| code(at * 77 + 5 + byte_at)),
            };
            let rows: Vec<Lane> = (0..lanes * count).map(lane).collect();
            let queries: Vec<Vec<QueryLane>> = (0..QUERIES)
                .map(|query| (0..lanes).map(|at| query_lane(query * 13 + at)).collect())
                .collect();
            let mut several = vec![vec![i32::MIN; count]; QUERIES];
            let all: [&[QueryLane]; QUERIES] = std::array::from_fn(|at| queries[at].as_slice());
            let [a, b, c, d] = several.as_mut_slice() else { panic!("four queries") };
            several_queries(Emulated, all, &rows, [a, b, c, d]);
            for (query, several) in queries.iter().zip(&several) {
                let (mut expected, mut sums) = (vec![i32::MIN; count], vec![i32::MAX; count]);
                plain::sums(query, &rows, &mut expected);
                one_query(Emulated, query, &rows, &mut sums);
                assert_eq!((&sums, several), (&expected, &expected));
            }
        }
    }
}
