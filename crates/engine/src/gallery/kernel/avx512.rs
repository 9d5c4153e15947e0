//! The kernel for x86-64 processors with AVX-512 F, BW and VNNI (Intel Ice Lake, 2019; AMD Zen 4, 2022; and later).
//!
//! ```text
//! for a row and some queries at once, each with a sum of sixteen 32-bit integers:
//!     for each 64 bytes of the row:
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
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_and_si512, _mm512_dpbusd_epi32, _mm512_loadu_si512,
    _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_srli_epi16,
};

use super::{QUERIES, avx2};
use crate::gallery::codes::{Lane, QueryLane};

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(avx2::Available);

impl Available {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        avx2::Available::detect().filter(|_| has_all).map(Self)
    }

    pub(super) fn sums(self, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
        // SAFETY: a value of this type exists only after `detect` found the instructions.
        unsafe { sums_avx512(self, query, rows, sums) }
    }

    pub(super) fn sums_of_several(
        self,
        queries: &[[QueryLane; QUERIES]],
        rows: &[Lane],
        sums: &mut [[i32; QUERIES]],
    ) {
        // SAFETY: as above.
        unsafe { sums_of_several_avx512(self, queries, rows, sums) }
    }

    /// Proof of AVX2, which is a part of it and does what need not be wider.
    pub(super) fn avx2(self) -> avx2::Available {
        self.0
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums_avx512(cpu: Available, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    one_query(cpu, query, rows, sums);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums_of_several_avx512(
    cpu: Available,
    queries: &[[QueryLane; QUERIES]],
    rows: &[Lane],
    sums: &mut [[i32; QUERIES]],
) {
    several_queries(cpu, queries, rows, sums);
}

/// Lanes, which are lines of the cache, from what is read to what is asked for.
const AHEAD: usize = 32;

#[inline(always)]
fn one_query<I: Instructions>(cpu: I, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        cpu.prefetch(row, AHEAD);
        *sum = cpu.total(query.iter().zip(row).fold(cpu.zero(), |sum, (query, lane)| {
            let sum = cpu.dpbusd(sum, cpu.low_halves(&lane.0), cpu.codes(&query.low));
            cpu.dpbusd(sum, cpu.high_halves(&lane.0), cpu.codes(&query.high))
        }));
    }
}

/// Eight sums, so that no addition waits for the one before it, and in each step one part of the row for all queries.
#[inline(always)]
fn several_queries<I: Instructions>(
    cpu: I,
    queries: &[[QueryLane; QUERIES]],
    rows: &[Lane],
    sums: &mut [[i32; QUERIES]],
) {
    for (row, totals) in rows.chunks_exact(queries.len()).zip(sums) {
        let mut sums = [cpu.zero(); QUERIES];
        for (lane, queries) in row.iter().zip(queries) {
            let (low, high) = (cpu.low_halves(&lane.0), cpu.high_halves(&lane.0));
            for (sum, query) in sums.iter_mut().zip(queries) {
                *sum = cpu.dpbusd(*sum, low, cpu.codes(&query.low));
                *sum = cpu.dpbusd(*sum, high, cpu.codes(&query.high));
            }
        }
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total = cpu.total(sum);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::plain;
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
            let lane_of = |at: usize| std::array::from_fn(|query| query_lane(query * 13 + at));
            let queries: Vec<[QueryLane; QUERIES]> = (0..lanes).map(lane_of).collect();
            let (mut several, mut expected) = (vec![[i32::MIN; QUERIES]; count], vec![[0; QUERIES]; count]);
            several_queries(Emulated, &queries, &rows, &mut several);
            plain::sums_of_several(&queries, &rows, &mut expected);
            assert_eq!(several, expected);
            let query: Vec<QueryLane> = queries.iter().map(|lane| lane[3]).collect();
            let mut sums = vec![i32::MAX; count];
            one_query(Emulated, &query, &rows, &mut sums);
            assert!(expected.iter().map(|sums| sums[3]).eq(sums));
        }
    }
}
