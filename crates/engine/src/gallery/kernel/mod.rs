//! The inner loop of the search: sums of products of four-bit and eight-bit integers (see [`super::codes`]), and which
//! of them pass the test.
//!
//! [`plain`] is the truth; every other kernel is held to it by tests on generated data. The sums are integers and exact,
//! so all kernels give the same ones, to the last bit.
//!
//! | kernel | for | where it has run |
//! |---|---|---|
//! | [`plain`] | everything else | x86-64 |
//! | `avx2` | x86-64 with AVX2 | AMD Zen 3 |
//! | `avx512` | x86-64 with AVX-512 F, BW and VNNI | in no processor yet: its loop on emulated instructions, in a test |
//! | `neon` | aarch64 | emulated by QEMU: its [`trial`] |

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod plain;
mod trial;

use std::sync::OnceLock;

use super::codes::{Lane, QueryLane};

/// Queries that a kernel takes at once.
pub(crate) const QUERIES: usize = 8;

/// Rows that are scored and then tested: their high planes (16 KiB for 512 numbers) stay in the first cache while
/// several queries are asked.
pub(crate) const TILE: usize = 64;

/// What a sum must pass: `(times · sum + plus) · scale · row's scale + error · row's error ≥ least`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test {
    pub(crate) times: i32,
    pub(crate) plus: i32,
    pub(crate) scale: f32,
    pub(crate) error: f32,
    pub(crate) least: f32,
}

impl Test {
    /// Passed by no row.
    pub(crate) const NOTHING: Self = Self { times: 0, plus: 0, scale: 0.0, error: 0.0, least: f32::INFINITY };

    /// Whether the sum of a row with this scale and this residual norm passes.
    #[inline]
    pub(crate) fn passes(&self, sum: i32, scale: f32, error: f32) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "the test has slack for it")]
        let value = (self.times * sum + self.plus) as f32 * self.scale * scale;
        value + error * self.error >= self.least
    }
}

/// One way to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Portable.
    Plain,
    /// AVX2. Made only after asking the processor, as all that follow.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Available),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Available),
}

impl Kernel {
    /// Every kernel that this processor can run, the fastest last.
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        let kernels = [
            Some(Self::Plain),
            #[cfg(target_arch = "x86_64")]
            avx2::Available::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            avx512::Available::detect().map(Self::Avx512),
            #[cfg(target_arch = "aarch64")]
            neon::Available::detect().map(Self::Neon),
        ];
        kernels.into_iter().flatten()
    }

    /// The fastest kernel of this processor, of those that compute what the portable one does; see [`trial`].
    pub(crate) fn fastest() -> Self {
        static FASTEST: OnceLock<Kernel> = OnceLock::new();
        let tried = || Self::available().filter(|kernel| trial::agrees(*kernel)).last();
        *FASTEST.get_or_init(|| tried().unwrap_or(Self::Plain))
    }

    /// Its name, for logs and benchmarks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
        }
    }

    /// `sums[i]` = Σ of `query`'s codes times those of row `i` of `rows`, whose rows are as long as the query.
    pub(crate) fn sums(self, query: &[QueryLane], rows: &[Lane], sums: &mut [i32]) {
        assert_eq!(rows.len(), query.len() * sums.len(), "one sum per row, rows as long as the query");
        match self {
            Self::Plain => plain::sums(query, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.sums(query, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => available.sums(query, rows, sums),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(available) => available.sums(query, rows, sums),
        }
    }

    /// [`Self::sums`] of several queries, whose rows are read once. `queries` has for each lane of a row that of each
    /// query; a row's sums lie side by side.
    pub(crate) fn sums_of_several(
        self,
        queries: &[[QueryLane; QUERIES]],
        rows: &[Lane],
        sums: &mut [[i32; QUERIES]],
    ) {
        assert_eq!(rows.len(), queries.len() * sums.len(), "sums for each row, rows as long as the queries");
        match self {
            Self::Plain => plain::sums_of_several(queries, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.sums_of_several(queries, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => available.sums_of_several(queries, rows, sums),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(available) => available.sums_of_several(queries, rows, sums),
        }
    }

    /// Asks the memory for rows that will be read soon, where that pays.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "only there it is known to pay")
    )]
    pub(crate) fn prefetch(self, rows: &[Lane]) {
        match self {
            Self::Plain => {}
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.prefetch_rows(rows),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => available.avx2().prefetch_rows(rows),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => {}
        }
    }

    /// Which of up to [`TILE`] sums pass `test`, a bit for each.
    pub(crate) fn passing(self, test: &Test, sums: &[i32], scales: &[f32], errors: &[f32]) -> u64 {
        assert!(sums.len() <= TILE && scales.len() == sums.len() && errors.len() == sums.len(), "one tile");
        match self {
            Self::Plain => plain::passing(test, sums, scales, errors),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.passing(test, sums, scales, errors),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => available.avx2().passing(test, sums, scales, errors),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => plain::passing(test, sums, scales, errors),
        }
    }

    /// [`Self::passing`] for several queries, each with its test: for each row which of its sums pass, a bit for each.
    pub(crate) fn passing_of_several(
        self,
        tests: &[Test; QUERIES],
        sums: &[[i32; QUERIES]],
        (scales, errors): (&[f32], &[f32]),
        passing: &mut [u8],
    ) {
        let rows = [scales.len(), errors.len(), passing.len()];
        assert_eq!(rows, [sums.len(); 3], "a scale, an error and an answer for each row");
        match self {
            Self::Plain => plain::passing_of_several(tests, sums, (scales, errors), passing),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.passing_of_several(tests, sums, (scales, errors), passing),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => {
                available.avx2().passing_of_several(tests, sums, (scales, errors), passing);
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => plain::passing_of_several(tests, sums, (scales, errors), passing),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row_lane() -> impl Strategy<Value = Lane> {
        prop_oneof![
            prop::array::uniform::<_, { Lane::BYTES }>(any::<u8>()).prop_map(Lane),
            Just(Lane([0xFF; Lane::BYTES])),
        ]
    }

    fn query_lane() -> impl Strategy<Value = QueryLane> {
        let half = || prop::array::uniform::<_, { Lane::BYTES }>(-127_i8..=127);
        prop_oneof![
            (half(), half()).prop_map(|(low, high)| QueryLane { low, high }),
            prop_oneof![Just(127), Just(-127)]
                .prop_map(|code| QueryLane { low: [code; Lane::BYTES], high: [code; Lane::BYTES] }),
        ]
    }

    /// Queries side by side, and rows of as many lanes: from none to more than a kernel takes at once.
    fn queries_and_rows() -> impl Strategy<Value = (Vec<[QueryLane; QUERIES]>, Vec<Lane>)> {
        (1_usize..12, 0_usize..11).prop_flat_map(|(lanes, rows)| {
            let queries = prop::collection::vec(prop::array::uniform8(query_lane()), lanes);
            (queries, prop::collection::vec(row_lane(), lanes * rows))
        })
    }

    fn query(queries: &[[QueryLane; QUERIES]], number: usize) -> Vec<QueryLane> {
        queries.iter().map(|lane| lane[number]).collect()
    }

    proptest! {
        #[test]
        fn plain_sums_are_the_products((queries, rows) in queries_and_rows()) {
            let query = query(&queries, 0);
            let mut sums = vec![i32::MIN; rows.len() / query.len()];
            Kernel::Plain.sums(&query, &rows, &mut sums);
            for (row, sum) in rows.chunks_exact(query.len()).zip(&sums) {
                let products = row.iter().zip(&query).flat_map(|(lane, query)| {
                    lane.0.iter().enumerate().map(|(at, byte)| {
                        i64::from(byte & 15) * i64::from(query.low[at]) + i64::from(byte >> 4) * i64::from(query.high[at])
                    })
                });
                prop_assert_eq!(i64::from(*sum), products.sum::<i64>());
            }
        }

        #[test]
        fn kernels_give_the_same_sums((queries, rows) in queries_and_rows()) {
            let count = rows.len() / queries.len();
            for kernel in Kernel::available() {
                let mut several = vec![[i32::MIN; QUERIES]; count];
                kernel.sums_of_several(&queries, &rows, &mut several);
                for number in 0..QUERIES {
                    let query = query(&queries, number);
                    let (mut expected, mut sums) = (vec![i32::MIN; count], vec![i32::MAX; count]);
                    Kernel::Plain.sums(&query, &rows, &mut expected);
                    kernel.sums(&query, &rows, &mut sums);
                    prop_assert_eq!(&sums, &expected, "{:?}", kernel);
                    prop_assert!(several.iter().map(|sums| sums[number]).eq(expected), "{:?}", kernel);
                }
            }
        }

        #[test]
        fn kernels_pass_the_same_sums(
            rows in prop::collection::vec((-90_000_i32..90_000, 0.001_f32..0.002, 0.05_f32..0.2), 0..=TILE),
            least in -1.0_f32..1.0,
        ) {
            let sums: Vec<i32> = rows.iter().map(|row| row.0).collect();
            let scales: Vec<f32> = rows.iter().map(|row| row.1).collect();
            let errors: Vec<f32> = rows.iter().map(|row| row.2).collect();
            let test = Test { times: 32, plus: 241 * 37, scale: 0.0005, error: 1.003, least };
            for kernel in Kernel::available() {
                let passing = kernel.passing(&test, &sums, &scales, &errors);
                for (at, row) in rows.iter().enumerate() {
                    prop_assert_eq!(passing >> at & 1 == 1, test.passes(row.0, row.1, row.2), "{:?} {}", kernel, at);
                }
                prop_assert!(rows.len() == TILE || passing >> rows.len() == 0);
            }
        }

        #[test]
        fn kernels_pass_the_same_sums_of_several(
            rows in prop::collection::vec(
                (prop::array::uniform8(-90_000_i32..90_000), 0.001_f32..0.002, 0.05_f32..0.2),
                0..=TILE,
            ),
            tests in prop::array::uniform8((
                prop_oneof![Just(16), Just(32)],
                -9_000_i32..9_000,
                0.0003_f32..0.0007,
                0.5_f32..1.5,
                prop_oneof![8 => -1.0_f32..1.0, 1 => Just(f32::INFINITY)],
            )),
        ) {
            let sums: Vec<[i32; QUERIES]> = rows.iter().map(|row| row.0).collect();
            let scales: Vec<f32> = rows.iter().map(|row| row.1).collect();
            let errors: Vec<f32> = rows.iter().map(|row| row.2).collect();
            let tests = tests.map(|(times, plus, scale, error, least)| Test { times, plus, scale, error, least });
            for kernel in Kernel::available() {
                let mut passing = vec![0xAA; rows.len()];
                kernel.passing_of_several(&tests, &sums, (&scales, &errors), &mut passing);
                for (row, passing) in rows.iter().zip(passing) {
                    for (at, test) in tests.iter().enumerate() {
                        let expected = test.passes(row.0[at], row.1, row.2);
                        prop_assert_eq!(passing >> at & 1 == 1, expected, "{:?} {}", kernel, at);
                    }
                }
            }
        }
    }

    /// Times every kernel on one tile, which is in the first cache, and on 51 MB.
    #[test]
    #[ignore = "a measurement: cargo test --release -p engine --lib -- --ignored --nocapture speed"]
    fn speed_of_the_kernels() {
        const LANES: usize = 4;
        let query = vec![QueryLane { low: [7; Lane::BYTES], high: [-9; Lane::BYTES] }; LANES];
        for count in [TILE, 200_000] {
            let rows = vec![Lane([0x5A; Lane::BYTES]); count * LANES];
            let (mut sums, mut several) = (vec![0; count], vec![[0; QUERIES]; count]);
            let queries = vec![[query[0]; QUERIES]; LANES];
            let (scales, errors) = (vec![0.001; count], vec![0.1; count]);
            let test = Test { times: 32, plus: 0, scale: 1e-3, error: 1.0, least: 0.3 };
            let mut passes = vec![0; count];
            for kernel in Kernel::available() {
                let one = best(|| kernel.sums(&query, &rows, &mut sums));
                let together = best(|| kernel.sums_of_several(&queries, &rows, &mut several));
                let passing = best(|| {
                    let tiles = sums.chunks(TILE).zip(scales.chunks(TILE)).zip(errors.chunks(TILE));
                    for ((sums, scales), errors) in tiles {
                        std::hint::black_box(kernel.passing(&test, sums, scales, errors));
                    }
                });
                let tests = [test; QUERIES];
                let passing_together =
                    best(|| kernel.passing_of_several(&tests, &several, (&scales, &errors), &mut passes));
                let rows = f64::from(u32::try_from(count).unwrap());
                println!(
                    "{} on {count} rows of 512 numbers, one thread: one query {:.2} ns per row, test {:.2}; {QUERIES} queries {:.2} \
                     ns per row and query, test {:.2}",
                    kernel.name(),
                    one / rows,
                    passing / rows,
                    together / rows / 8.0,
                    passing_together / rows / 8.0,
                );
            }
        }
    }

    /// The least nanoseconds of many.
    fn best(mut work: impl FnMut()) -> f64 {
        let times = (0..20).map(|_| {
            let began = std::time::Instant::now();
            work();
            began.elapsed().as_secs_f64() * 1e9
        });
        times.fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn every_kernel_of_this_processor_passes_its_trial() {
        assert!(Kernel::available().all(trial::agrees));
    }

    #[test]
    fn this_kind_of_processor_gets_the_fast_kernel() {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && !is_x86_feature_detected!("avx512f") {
            assert_eq!(Kernel::fastest().name(), "avx2");
        }
        #[cfg(target_arch = "aarch64")]
        assert_eq!(Kernel::fastest().name(), "neon");
        assert_eq!(Kernel::Plain.name(), "plain");
    }
}
