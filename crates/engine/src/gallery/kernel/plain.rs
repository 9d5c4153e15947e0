//! The obviously right kernel: the oracle of the others, and the one for processors without their instructions.

use super::{QUERIES, Test};
use crate::gallery::codes::{Lane, QueryLane};

/// `sums[i]` = Σ of `query`'s codes times those of row `i`.
///
/// ```text
/// for each row, for each byte of it:
///     sum += low half × the query's code for it + high half × the query's code for it
/// ```
pub(super) fn sums(query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        *sum = query.iter().zip(row).map(|(query, lane)| products(query, lane)).sum();
    }
}

/// One query after the other.
pub(super) fn sums_of_several(queries: &[[QueryLane; QUERIES]], rows: &[Lane], sums: &mut [[i32; QUERIES]]) {
    for (row, sums) in rows.chunks_exact(queries.len()).zip(sums) {
        *sums = std::array::from_fn(|number| {
            queries.iter().zip(row).map(|(queries, lane)| products(&queries[number], lane)).sum()
        });
    }
}

fn products(query: &QueryLane, lane: &Lane) -> i32 {
    let codes = query.low.iter().zip(&query.high).zip(&lane.0);
    codes.map(|((low, high), byte)| product(*low, byte & 15) + product(*high, byte >> 4)).sum()
}

fn product(code: i8, half: u8) -> i32 {
    i32::from(code) * i32::from(half)
}

/// Which sums pass, a bit for each.
pub(super) fn passing(test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
    let rows = sums.iter().zip(scales).zip(errors).enumerate();
    rows.fold(0, |bits, (at, ((sum, scale), error))| {
        bits | u64::from(test.passes(*sum, *scale, *error)) << at
    })
}

/// Which sums of each row pass, a bit for each.
pub(super) fn passing_of_several(
    tests: &[Test; QUERIES],
    sums: &[[i32; QUERIES]],
    (scales, errors): (&[f32], &[f32]),
    passing: &mut [u8],
) {
    for (((sums, scale), error), passing) in sums.iter().zip(scales).zip(errors).zip(passing) {
        let bits = sums.iter().zip(tests).enumerate();
        *passing =
            bits.fold(0, |bits, (at, (sum, test))| bits | u8::from(test.passes(*sum, *scale, *error)) << at);
    }
}
