//! The inner loop of the search: the dot product of one query with many rows.
//!
//! [`plain`] is the truth; every other kernel is held to it by tests on generated data.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod plain;

use super::rows::Lane;

/// One way to compute dot products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Portable.
    Plain,
    /// AVX2 and FMA. Made only by [`Kernel::fastest`] and [`Kernel::available`], after asking the processor.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
}

impl Kernel {
    /// The fastest kernel of this processor.
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(available) = avx2::Available::detect() {
            return Self::Avx2(available);
        }
        Self::Plain
    }

    /// Its name, for logs and benchmarks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }

    /// `scores[i]` = `query` · row `i` of `rows`, whose rows are as long as the query.
    pub(crate) fn scores(self, query: &[Lane], rows: &[Lane], scores: &mut [f32]) {
        assert_eq!(rows.len(), query.len() * scores.len(), "one score per row, rows as long as the query");
        match self {
            Self::Plain => plain::scores(query, rows, scores),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => available.scores(query, rows, scores),
        }
    }
}
