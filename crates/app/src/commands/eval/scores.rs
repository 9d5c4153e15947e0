//! Counting: found, missed and wrong photos; accuracy over folds.

/// Found, missed and wrong photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Photos of the person that were found.
    pub(super) found: usize,
    /// Photos of the person that were not.
    pub(super) missed: usize,
    /// Found photos that the person is not on.
    pub(super) wrong: usize,
}

impl Tally {
    /// Counts one photo.
    pub(super) fn count(&mut self, is_theirs: bool, is_shown: bool) {
        match (is_theirs, is_shown) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.wrong += 1,
            (false, false) => {}
        }
    }
}

/// A pair of pictures: how alike they are, and whether they show one person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Cosine similarity.
    pub(super) score: f32,
    /// Whether both are one person.
    pub(super) same: bool,
    /// Which of the ten parts of the protocol it belongs to.
    pub(super) fold: usize,
}

/// Share of pairs that `threshold` judges rightly.
#[expect(clippy::cast_precision_loss, reason = "counts of pairs are far below 2^52")]
fn accuracy(pairs: &[Pair], threshold: f32) -> f64 {
    let right = pairs.iter().filter(|pair| pair.is_right(threshold)).count();
    right as f64 / pairs.len().max(1) as f64
}

impl Pair {
    /// Whether `threshold` judges it rightly.
    pub(super) fn is_right(&self, threshold: f32) -> bool {
        (self.score >= threshold) == self.same
    }
}

/// The threshold, among the scores that occur, that judges most pairs rightly.
fn best_threshold(pairs: &[Pair]) -> f32 {
    let mut sorted: Vec<Pair> = pairs.to_vec();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    // Below the first score everything is "same"; each step makes one more pair "different".
    let mut right: i64 = sorted.iter().map(|pair| i64::from(pair.same)).sum();
    let (mut best, mut best_right) = (f32::NEG_INFINITY, right);
    for (index, pair) in sorted.iter().enumerate() {
        right += if pair.same { -1 } else { 1 };
        let next = sorted.get(index + 1).map_or(f32::INFINITY, |next| next.score);
        if right > best_right && next > pair.score {
            (best, best_right) = (f32::midpoint(pair.score, next.min(1.0)), right);
        }
    }
    best
}

/// What came of the folds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folds {
    /// The mean of their accuracies.
    pub(super) mean: f64,
    /// The standard error of that mean, as LFW's tables state it.
    pub(super) standard_error: f64,
    /// By which threshold each fold was judged.
    pub(super) thresholds: Vec<f32>,
}

/// Accuracy over the folds: each is judged by the threshold that is best on the others (Huang et al., "Labeled Faces
/// in the Wild", 2007, view 2). A single fold is judged by its own.
#[expect(clippy::cast_precision_loss, reason = "there are ten folds")]
pub(super) fn over_folds(pairs: &[Pair]) -> Folds {
    let count = pairs.iter().map(|pair| pair.fold + 1).max().unwrap_or(0);
    let (mut accuracies, mut thresholds) = (Vec::new(), Vec::new());
    for fold in 0..count {
        let (test, train): (Vec<Pair>, Vec<Pair>) = pairs.iter().partition(|pair| pair.fold == fold);
        let threshold = best_threshold(if count > 1 { &train } else { &test });
        accuracies.push(accuracy(&test, threshold));
        thresholds.push(threshold);
    }
    let n = accuracies.len().max(1) as f64;
    let mean = accuracies.iter().sum::<f64>() / n;
    let variance =
        accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Folds { mean, standard_error: (variance / n).sqrt(), thresholds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(scores: &[(f32, bool)]) -> Vec<Pair> {
        scores
            .iter()
            .enumerate()
            .map(|(i, (score, same))| Pair { score: *score, same: *same, fold: i % 2 })
            .collect()
    }

    #[test]
    fn separable_pairs_are_all_right() {
        let pairs =
            pairs(&[(0.9, true), (0.8, true), (0.1, false), (0.2, false), (0.85, true), (0.15, false)]);
        let threshold = best_threshold(&pairs);
        assert!((0.2..=0.8).contains(&threshold), "{threshold}");
        let folds = over_folds(&pairs);
        assert!((folds.mean - 1.0).abs() < 1e-12 && folds.standard_error.abs() < 1e-12, "{folds:?}");
        assert_eq!(folds.thresholds.len(), 2);
    }

    #[test]
    fn the_best_threshold_is_that_of_a_search_over_all() {
        let pairs = pairs(&[
            (0.1, true),
            (0.3, false),
            (0.3, true),
            (0.5, false),
            (0.6, true),
            (0.7, false),
            (0.8, true),
        ]);
        let tried = (0_u8..=20).map(|step| accuracy(&pairs, f32::from(step) / 20.0)).fold(0.0, f64::max);
        assert!((accuracy(&pairs, best_threshold(&pairs)) - tried).abs() < 1e-9);
    }

    /// Fold 0 is right on three of four, fold 1 on all: 0.875, and a standard error of 0.125.
    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        let pair = |score, same, fold| Pair { score, same, fold };
        let pairs = [
            pair(0.9, true, 0),
            pair(0.6, false, 0),
            pair(0.8, true, 0),
            pair(0.1, false, 0),
            pair(0.9, true, 1),
            pair(0.2, false, 1),
            pair(0.75, true, 1),
            pair(0.1, false, 1),
        ];
        let folds = over_folds(&pairs);
        assert!((folds.mean - 0.875).abs() < 1e-9, "{folds:?}");
        assert!((folds.standard_error - 0.125).abs() < 1e-9, "{folds:?}");
    }
}
