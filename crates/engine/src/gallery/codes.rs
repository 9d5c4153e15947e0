//! Embeddings as small integers, and how far a score of integers can be from the true one.
//!
//! A scan of many faces waits for memory, so the fewer bytes it reads the faster it is. Each row is therefore also kept
//! as one byte per number, cut into two planes of four bits. The search reads the high plane of every row (an eighth of
//! the numbers' bytes), the low plane of those few that may still reach the threshold, and the numbers themselves of
//! those that both planes let pass. Nothing that belongs into the answer is lost on the way, by the bound below.
//!
//! ## Codes
//! A row `r` has a scale `s`, its largest number in magnitude divided by 127. Number `i` becomes the byte
//! `u = round(r_i / s) + 128`, from 1 to 255, with the high four bits `h` and the low four `l`, `u = 16 h + l`. The
//! integers stand for two approximations of the row:
//!
//! ```text
//! coarse_i = s (16 h + 7.5 - 128)      the middle of the sixteen bytes that share h
//! fine_i   = s (16 h +  l  - 128)
//! ```
//! A query `q` has a scale `t`, made likewise, and integers `c_i = round(q_i / t)` from -127 to 127; it stands for
//! `a = t c`. With `H = Σ c_i h_i`, `L = Σ c_i l_i` and `C = Σ c_i`, all exact in 32 bits,
//!
//! ```text
//! a · coarse = t s (16 H - 120.5 C)        a · fine = t s (16 H + L - 128 C)
//! ```
//! so that one kernel, the sum of products of four-bit and eight-bit integers, serves both.
//!
//! ## The bound
//! Let `b` be an approximation of `r`, coarse or fine. Then
//!
//! ```text
//! q · r - a · b = q · (r - b) + (q - a) · b
//!              = q · (r - b) + (q - a) · r - (q - a) · (r - b)
//!              = a · (r - b) + (q - a) · r
//! |q · r - a · b| ≤ |a| |r - b| + |q - a| |r|              (Cauchy–Schwarz, twice)
//! ```
//! The norms of the residuals `r - b` and `q - a` are not estimated: they are computed in double precision from the very
//! numbers when a row or a query is made, and kept (rounded up). A row passes when `a · b` plus this bound reaches the
//! threshold, so one whose true score does is never dropped.
//!
//! The comparison itself is done in 32-bit floats. It has six roundings, each of a value no larger than `|a| |b|` or
//! `|a| |r - b|`, and a threshold that is rounded once; `|b| ≤ |r| + |r - b|`. All of them together are less than
//! `1e-6 (|a| (|r| + |r - b|) + |threshold|)`; ten times that is added ([`SLACK`]).
//!
//! For 512 numbers that look like a normal distribution, as a face's do, the coarse residual is about 0.11 long, the fine
//! one 0.007: at a threshold of 0.28 whatever scores 0.17 or less leaves after the first plane.

use super::kernel::Test;

/// Sixty-four bytes of a plane, where the widest vectors like them: 128 codes of four bits. The low half of byte `j` is
/// number `128 k + j` of lane `k`, the high half number `128 k + 64 + j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Lane(pub(crate) [u8; Lane::BYTES]);

impl Lane {
    pub(crate) const BYTES: usize = 64;
    /// Codes per lane.
    pub(crate) const CODES: usize = 2 * Self::BYTES;
}

/// The part of a query that meets one [`Lane`]: codes from -127 to 127, zero beyond the query's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct QueryLane {
    /// For the low halves of the lane's bytes.
    pub(crate) low: [i8; Lane::BYTES],
    /// For the high halves.
    pub(crate) high: [i8; Lane::BYTES],
}

impl QueryLane {
    /// Of no query.
    pub(crate) const ZERO: Self = Self { low: [0; Lane::BYTES], high: [0; Lane::BYTES] };
}

/// The longest embeddings whose sums surely fit into 32 bits: `32 H` is at most 32 · 15 · 127 per number.
pub(crate) const DIMENSION_MAX: usize = 32_768;

/// Relative slack for the roundings of the comparison; see the module's words.
const SLACK: f64 = 1e-5;

/// How many lanes hold a plane of `dimension` codes.
pub(crate) fn lanes_per_row(dimension: usize) -> usize {
    dimension.div_ceil(Lane::CODES)
}

/// The codes of many rows.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    lanes_per_row: usize,
    high: Vec<Lane>,
    low: Vec<Lane>,
    scales: Vec<f32>,
    /// Norms of what the coarse approximation leaves, rounded up.
    coarse_errors: Vec<f32>,
    /// Norms of what the fine approximation leaves, rounded up.
    fine_errors: Vec<f32>,
    /// The norm of the longest row that was ever here; 1 but for rounding.
    longest: f64,
}

impl Codes {
    pub(crate) fn new(dimension: usize) -> Self {
        Self {
            lanes_per_row: lanes_per_row(dimension),
            high: Vec::new(),
            low: Vec::new(),
            scales: Vec::new(),
            coarse_errors: Vec::new(),
            fine_errors: Vec::new(),
            longest: 0.0,
        }
    }

    pub(crate) fn push(&mut self, numbers: &[f32]) {
        let scale = scale_of(numbers);
        let bytes: Vec<u8> = codes_of(numbers, scale).map(|code| code.cast_unsigned() ^ 0x80).collect();
        let coarse = |u: u8| f64::from(scale) * (f64::from(u & 0xF0) + 7.5 - 128.0);
        let fine = |u: u8| f64::from(scale) * (f64::from(u) - 128.0);
        self.coarse_errors.push(round_up(norm(numbers, &bytes, coarse)));
        self.fine_errors.push(round_up(norm(numbers, &bytes, fine)));
        self.scales.push(scale);
        self.longest = self.longest.max(norm(numbers, &bytes, |_| 0.0));
        for bytes in bytes.chunks(Lane::CODES) {
            self.high.push(pack(bytes, |u| u >> 4));
            self.low.push(pack(bytes, |u| u & 0x0F));
        }
    }

    /// Removes row `row`; the last one takes its place.
    pub(crate) fn swap_remove(&mut self, row: usize) {
        let last = self.scales.len() - 1;
        let width = self.lanes_per_row;
        for plane in [&mut self.high, &mut self.low] {
            plane.copy_within(last * width..(last + 1) * width, row * width);
            plane.truncate(last * width);
        }
        for numbers in [&mut self.scales, &mut self.coarse_errors, &mut self.fine_errors] {
            numbers.swap_remove(row);
        }
    }

    /// The high plane, row after row.
    pub(crate) fn high(&self) -> &[Lane] {
        &self.high
    }

    /// The low plane of one row.
    pub(crate) fn low(&self, row: usize) -> &[Lane] {
        &self.low[row * self.lanes_per_row..][..self.lanes_per_row]
    }

    pub(crate) fn lanes_per_row(&self) -> usize {
        self.lanes_per_row
    }

    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }

    pub(crate) fn coarse_errors(&self) -> &[f32] {
        &self.coarse_errors
    }

    /// What a row's sum over the high plane must pass for the row to be looked at again.
    pub(crate) fn coarse_test(&self, query: &Query, least: f32) -> Test {
        Test {
            times: 32,
            plus: -241 * query.sum,
            scale: query.scale / 2.0,
            error: query.error_factor(),
            least: query.bar(least, self.longest),
        }
    }

    /// Whether `row` can score `least` after both planes, whose sums are `high` and `low`.
    pub(crate) fn may_reach(&self, row: usize, query: &Query, least: f32, high: i32, low: i32) -> bool {
        let test = Test {
            times: 16,
            plus: low - 128 * query.sum,
            scale: query.scale,
            error: query.error_factor(),
            least: query.bar(least, self.longest),
        };
        test.passes(high, self.scales[row], self.fine_errors[row])
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let floats = self.scales.capacity() + self.coarse_errors.capacity() + self.fine_errors.capacity();
        (self.high.capacity() + self.low.capacity()) * size_of::<Lane>() + floats * size_of::<f32>()
    }
}

/// A query in integers.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    lanes: Vec<QueryLane>,
    scale: f32,
    /// The sum of its codes.
    sum: i32,
    /// |a|, the norm of what the codes stand for.
    norm: f64,
    /// |q - a|, the norm of what they leave.
    error: f64,
}

impl Query {
    pub(crate) fn new(numbers: &[f32]) -> Self {
        let scale = scale_of(numbers);
        let codes: Vec<i8> = codes_of(numbers, scale).collect();
        let value = |code: i8| f64::from(scale) * f64::from(code);
        Self {
            lanes: codes.chunks(Lane::CODES).map(query_lane).collect(),
            scale,
            sum: codes.iter().map(|code| i32::from(*code)).sum(),
            norm: norm(&vec![0.0; codes.len()], &codes, value),
            error: norm(numbers, &codes, value),
        }
    }

    pub(crate) fn lanes(&self) -> &[QueryLane] {
        &self.lanes
    }

    /// What a row's residual norm is multiplied with: |a|, and the slack that grows with the residual.
    fn error_factor(&self) -> f32 {
        round_up(self.norm * (1.0 + SLACK))
    }

    /// `least` less all that does not depend on the row.
    fn bar(&self, least: f32, longest: f64) -> f32 {
        let slack = SLACK * (self.norm * longest + f64::from(least.abs()));
        -round_up(self.error * longest + slack - f64::from(least))
    }
}

/// The scale of `numbers`: the largest magnitude becomes 127.
fn scale_of(numbers: &[f32]) -> f32 {
    let largest = numbers.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    (largest / 127.0).max(f32::MIN_POSITIVE)
}

/// The nearest multiples of `scale`, within ±127 whatever the division's rounding did.
fn codes_of(numbers: &[f32], scale: f32) -> impl Iterator<Item = i8> {
    // A float near 1.5 · 2^23 has no places after the point, and its last byte is the integer that was added to it: a way
    // to round that the compiler can do on vectors.
    const ROUND: f32 = 12_582_912.0;
    numbers.iter().map(move |number| {
        let rounded = (number / scale).clamp(-127.0, 127.0) + ROUND;
        rounded.to_bits().to_le_bytes()[0].cast_signed()
    })
}

/// Up to 128 bytes as a lane of their halves that `half` picks.
fn pack(bytes: &[u8], half: fn(u8) -> u8) -> Lane {
    let mut lane = Lane([0; Lane::BYTES]);
    let (low, high) = bytes.split_at(bytes.len().min(Lane::BYTES));
    for (to, from) in lane.0.iter_mut().zip(low) {
        *to |= half(*from);
    }
    for (to, from) in lane.0.iter_mut().zip(high) {
        *to |= half(*from) << 4;
    }
    lane
}

fn query_lane(codes: &[i8]) -> QueryLane {
    let mut lane = QueryLane::ZERO;
    let (low, high) = codes.split_at(codes.len().min(Lane::BYTES));
    lane.low[..low.len()].copy_from_slice(low);
    lane.high[..high.len()].copy_from_slice(high);
    lane
}

/// The norm of `numbers` less what their codes stand for. Eight sums, so that the compiler may use vectors.
fn norm<C: Copy>(numbers: &[f32], codes: &[C], value: impl Fn(C) -> f64) -> f64 {
    const SUMS: usize = 8;
    let square = |number: f32, code: C| {
        let rest = f64::from(number) - value(code);
        rest * rest
    };
    let ((numbers, numbers_rest), (codes, codes_rest)) =
        (numbers.as_chunks::<SUMS>(), codes.as_chunks::<SUMS>());
    let mut sums = [0.0; SUMS];
    for (numbers, codes) in numbers.iter().zip(codes) {
        for (sum, (number, code)) in sums.iter_mut().zip(numbers.iter().zip(codes)) {
            *sum += square(*number, *code);
        }
    }
    let rest = numbers_rest.iter().zip(codes_rest).map(|(number, code)| square(*number, *code));
    (sums.iter().sum::<f64>() + rest.sum::<f64>()).sqrt()
}

/// The nearest 32-bit float that is not less, and one more for what the sums in double precision have rounded.
fn round_up(number: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "the rounding is undone by the next float up")]
    {
        (number as f32).next_up()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gallery::kernel::Kernel;

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    }

    /// Mostly small numbers and a few large ones too, which make scales coarse.
    fn vectors(count: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
        let number = prop_oneof![6 => -1.0_f32..1.0, 1 => Just(0.0), 1 => -40.0_f32..40.0];
        (1_usize..300).prop_flat_map(move |dimension| {
            prop::collection::vec(prop::collection::vec(number.clone(), dimension), count)
        })
    }

    proptest! {
        /// A row whose true score is the threshold passes both planes; one that passes is within the bound of it.
        #[test]
        fn no_row_is_dropped_and_the_bound_is_what_it_says(all in vectors(9)) {
            let (numbers, rows) = all.split_first().unwrap();
            let query = Query::new(numbers);
            let mut codes = Codes::new(numbers.len());
            for row in rows {
                codes.push(row);
            }
            let mut sums = vec![0; rows.len()];
            Kernel::Plain.sums(query.lanes(), codes.high(), &mut sums);
            for (at, row) in rows.iter().enumerate() {
                let truth = dot(numbers, row);
                #[expect(clippy::cast_possible_truncation, reason = "not above the truth")]
                let least = (truth as f32).next_down();
                let mut low = [0];
                Kernel::Plain.sums(query.lanes(), codes.low(at), &mut low);
                let coarse = codes.coarse_test(&query, least);
                prop_assert!(coarse.passes(sums[at], codes.scales()[at], codes.coarse_errors()[at]));
                prop_assert!(codes.may_reach(at, &query, least, sums[at], low[0]));

                let approximate = |value: f64| f64::from(query.scale) * f64::from(codes.scales[at]) * value;
                let sum = f64::from(query.sum);
                let coarse = approximate(16.0 * f64::from(sums[at]) - 120.5 * sum);
                let fine = approximate(16.0 * f64::from(sums[at]) + f64::from(low[0]) - 128.0 * sum);
                let rest = query.error * dot(row, row).sqrt() + 1e-9;
                prop_assert!((truth - coarse).abs() <= query.norm * f64::from(codes.coarse_errors[at]) + rest);
                prop_assert!((truth - fine).abs() <= query.norm * f64::from(codes.fine_errors[at]) + rest);
            }
        }
    }

    /// What the module's words say of 512 numbers.
    #[test]
    fn residuals_of_faces_are_short() {
        let wave =
            |at: u16| (f32::from(at) * 0.7).sin() + (f32::from(at) * 2.9).sin() + (f32::from(at) * 1.3).cos();
        let raw: Vec<f32> = (0..512).map(wave).collect();
        let numbers = domain::Embedding::normalised(&raw).unwrap();
        let mut codes = Codes::new(512);
        codes.push(numbers.as_slice());
        assert!((0.06..0.14).contains(&codes.coarse_errors[0]), "{}", codes.coarse_errors[0]);
        assert!((0.003..0.009).contains(&codes.fine_errors[0]), "{}", codes.fine_errors[0]);
    }
}
