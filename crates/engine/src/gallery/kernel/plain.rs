//! The obviously right kernel: the oracle of the others, and the one for processors without their instructions.

use crate::gallery::rows::Lane;

/// `scores[i]` = `query` · row `i`.
///
/// ```text
/// for each row:
///     sums[0..8] = 0
///     for each lane: sums[k] += query[lane][k] × row[lane][k]
///     score = sums[0] + … + sums[7]
/// ```
/// The eight sums keep the additions independent, so that the compiler may use whatever vectors the target has.
pub(super) fn scores(query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
    for (row, score) in rows.chunks_exact(query.len()).zip(scores) {
        *score = dot(query, row);
    }
}

fn dot(query: &[Lane], row: &[Lane]) -> f32 {
    let mut sums = [0.0_f32; Lane::WIDTH];
    for (a, b) in query.iter().zip(row) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.0.iter().zip(&b.0)) {
            *sum += x * y;
        }
    }
    sums.iter().sum()
}
