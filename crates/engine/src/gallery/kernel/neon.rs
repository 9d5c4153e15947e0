//! The kernel for 64-bit ARM processors with NEON, which all of them have (Graviton, Ampere, Apple, Raspberry Pi 3 and
//! later).
//!
//! ```text
//! for a row and some queries, or some rows and a query, each pair with a sum of four 32-bit integers:
//!     for each 16 bytes of the rows:
//!         low = bytes & 15;  high = bytes >> 4
//!         for each query:   short = smull, smlal of the lower and the upper eight of low and of high, with its codes
//!                           sum += pairs of short (sadalp)
//! ```
//! `smull` and `smlal` multiply eight signed bytes and add to eight 16-bit integers: four products of at most 15 · 127
//! fit. `sdot`, which newer processors have, would halve the work; stable Rust does not offer it yet. Not timed.
#![expect(
    unsafe_code,
    reason = "vector intrinsics; each call stands behind the processor check in `Available`"
)]

use std::arch::aarch64::{
    int8x16_t, int32x4_t, vaddvq_s32, vandq_u8, vdupq_n_s32, vdupq_n_u8, vget_low_s8, vld1q_s8, vld1q_u8,
    vmlal_high_s8, vmlal_s8, vmull_s8, vpadalq_s16, vreinterpretq_s8_u8, vshrq_n_u8,
};

use super::QUERIES;
use crate::gallery::codes::{Lane, QueryLane};

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(());

#[expect(clippy::unused_self, reason = "having a value is the proof that a call is sound")]
impl Available {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    pub(super) fn sums(self, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
        // SAFETY: a value of this type exists only after `detect` found NEON.
        unsafe { sums_neon(query, rows, sums) }
    }

    pub(super) fn sums_of_several(
        self,
        queries: &[[QueryLane; QUERIES]],
        rows: &[Lane],
        sums: &mut [[i32; QUERIES]],
    ) {
        // SAFETY: as above.
        unsafe { sums_of_several_neon(queries, rows, sums) }
    }
}

/// Rows at a time for one query.
const ROWS: usize = 4;
/// Bytes of a vector, and how many of them are a lane.
const WIDTH: usize = size_of::<int8x16_t>();
const PARTS: usize = Lane::BYTES / WIDTH;

#[target_feature(enable = "neon")]
fn sums_neon(query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    let lanes = query.len();
    let (tiles, rest) = sums.as_chunks_mut::<ROWS>();
    let (first, last) = rows.split_at(tiles.len() * ROWS * lanes);
    for (tile, sums) in first.chunks_exact(ROWS * lanes).zip(tiles) {
        let rows: [&[Lane]; ROWS] = std::array::from_fn(|at| &tile[at * lanes..][..lanes]);
        *sums = products(rows, query);
    }
    for (row, sum) in last.chunks_exact(lanes).zip(rest) {
        [*sum] = products([row], query);
    }
}

#[target_feature(enable = "neon")]
fn sums_of_several_neon(queries: &[[QueryLane; QUERIES]], rows: &[Lane], sums: &mut [[i32; QUERIES]]) {
    for (row, to) in rows.chunks_exact(queries.len()).zip(sums) {
        let mut sums = [vdupq_n_s32(0); QUERIES];
        for (lane, queries) in row.iter().zip(queries) {
            for part in 0..PARTS {
                let halves = halves(&lane.0.as_chunks().0[part]);
                for (query, sum) in queries.iter().zip(&mut sums) {
                    *sum = add_products(*sum, halves, codes_for(query, part));
                }
            }
        }
        *to = sums.map(|sum| vaddvq_s32(sum));
    }
}

/// The sum of the products of each row with the query.
#[inline]
#[target_feature(enable = "neon")]
fn products<const R: usize>(rows: [&[Lane]; R], query: &[QueryLane]) -> [i32; R] {
    let mut sums = [vdupq_n_s32(0); R];
    for (at, lane) in query.iter().enumerate() {
        for part in 0..PARTS {
            let codes = codes_for(lane, part);
            for (row, sum) in rows.iter().zip(&mut sums) {
                *sum = add_products(*sum, halves(&row[at].0.as_chunks().0[part]), codes);
            }
        }
    }
    sums.map(|sum| vaddvq_s32(sum))
}

/// A query's codes for the low and for the high halves of a part of a lane.
#[inline]
#[target_feature(enable = "neon")]
fn codes_for(query: &QueryLane, part: usize) -> [int8x16_t; 2] {
    [load_codes(&query.low.as_chunks().0[part]), load_codes(&query.high.as_chunks().0[part])]
}

#[inline]
#[target_feature(enable = "neon")]
fn add_products(
    sum: int32x4_t,
    [low, high]: [int8x16_t; 2],
    [for_low, for_high]: [int8x16_t; 2],
) -> int32x4_t {
    let short = vmull_s8(vget_low_s8(low), vget_low_s8(for_low));
    let short = vmlal_high_s8(short, low, for_low);
    let short = vmlal_s8(short, vget_low_s8(high), vget_low_s8(for_high));
    vpadalq_s16(sum, vmlal_high_s8(short, high, for_high))
}

/// The low and the high halves of the bytes; from 0 to 15, so that they are the same with a sign.
#[inline]
#[target_feature(enable = "neon")]
fn halves(bytes: &[u8; WIDTH]) -> [int8x16_t; 2] {
    // SAFETY: as many bytes as a vector has.
    let bytes = unsafe { vld1q_u8(bytes.as_ptr()) };
    [vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), vreinterpretq_s8_u8(vshrq_n_u8::<4>(bytes))]
}

#[inline]
#[target_feature(enable = "neon")]
fn load_codes(codes: &[i8; WIDTH]) -> int8x16_t {
    // SAFETY: as above.
    unsafe { vld1q_s8(codes.as_ptr()) }
}
