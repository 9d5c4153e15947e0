//! A kernel is tried before it is used. Not every kernel has run on every kind of processor here, and one that
//! computed something else would lose photos without a word: so a process compares its kernel with [`super::plain`] once,
//! on made-up rows, and falls back to the next one when they differ. It takes some fifty microseconds.

use super::{Kernel, Lane, QUERIES, QueryLane, TILE, Test};

/// Lanes per row that are tried: one more than any kernel takes in one step.
const LANES_MAX: usize = 9;
/// Rows that are tried: no multiple of what kernels take at once.
const ROWS: usize = 13;

/// Whether `kernel` computes what the portable one does.
pub(super) fn agrees(kernel: Kernel) -> bool {
    (1..=LANES_MAX).all(|lanes| gives_the_same_sums(kernel, lanes)) && passes_the_same(kernel)
}

fn gives_the_same_sums(kernel: Kernel, lanes: usize) -> bool {
    let queries: Vec<[QueryLane; QUERIES]> =
        (0..lanes).map(|lane| std::array::from_fn(|number| query_lane(number, lane))).collect();
    let first: Vec<QueryLane> = queries.iter().map(|lane| lane[0]).collect();
    let rows: Vec<Lane> = (0..ROWS * lanes).map(row_lane).collect();
    let (mut expected, mut found, mut single) = ([[0; QUERIES]; ROWS], [[1; QUERIES]; ROWS], [2; ROWS]);
    Kernel::Plain.sums_of_several(&queries, &rows, &mut expected);
    kernel.sums_of_several(&queries, &rows, &mut found);
    kernel.sums(&first, &rows, &mut single);
    found == expected && single == expected.map(|sums| sums[0])
}

fn passes_the_same(kernel: Kernel) -> bool {
    let sums: Vec<i32> = (0..TILE).map(|at| byte(at, 7) * 700 - 90_000).collect();
    let of_several: Vec<[i32; QUERIES]> =
        sums.iter().map(|sum| [*sum, -sum, 0, 7, *sum, 9, 1, 2 * sum]).collect();
    let test = Test { times: 32, plus: 241 * 37, scale: 0.0005, error: 1.003, least: 0.2 };
    let tests = std::array::from_fn(|number| test_of(test, number));
    let (scales, errors) = ([0.0015; TILE], [0.1; TILE]);
    (1..=TILE).all(|count| {
        let of_rows = (&scales[..count], &errors[..count]);
        let [expected, found] = [Kernel::Plain, kernel].map(|kernel| {
            let mut several = [0; TILE];
            kernel.passing_of_several(&tests, &of_several[..count], of_rows, &mut several[..count]);
            (kernel.passing(&test, &sums[..count], of_rows.0, of_rows.1), several)
        });
        found == expected
    })
}

/// Another test for each query; the last one is nobody's.
fn test_of(test: Test, number: usize) -> Test {
    let salt = byte(number, 3);
    match number + 1 {
        QUERIES => Test::NOTHING,
        2 => Test { plus: test.plus - 90 * salt, ..test },
        4 => Test { scale: test.scale * 1.7, ..test },
        5 => Test { error: -test.error, ..test },
        6 => Test { times: 16, least: -test.least, ..test },
        _ => test,
    }
}

/// A number from 0 to 255 that looks random.
fn byte(at: usize, salt: usize) -> i32 {
    let mixed = (at + 1).wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503) >> 7;
    i32::from(mixed.to_le_bytes()[0])
}

/// Lane `lane` of a query, with codes from −127 to 127; the last query has the largest everywhere.
fn query_lane(number: usize, lane: usize) -> QueryLane {
    let code = |at: usize| {
        let code = if number + 1 == QUERIES { 127 } else { byte(at, number) % 255 - 127 };
        i8::try_from(code).unwrap_or(i8::MAX)
    };
    let half = |from: usize| std::array::from_fn(|at| code(from + at));
    let from = lane * Lane::CODES;
    QueryLane { low: half(from), high: half(from + Lane::BYTES) }
}

/// Every third lane is full of the largest codes.
fn row_lane(number: usize) -> Lane {
    let code = |at: usize| {
        if number.is_multiple_of(3) { u8::MAX } else { byte(number * Lane::BYTES + at, 99).to_le_bytes()[0] }
    };
    Lane(std::array::from_fn(code))
}
