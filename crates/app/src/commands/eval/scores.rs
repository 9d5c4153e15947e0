//! Counting: recall and precision, accuracy over folds, true accepts at a rate of false ones.

/// Found, missed and wrong photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Photos of the person that were found.
    pub found: usize,
    /// Photos of the person that were not.
    pub missed: usize,
    /// Found photos that the person is not on.
    pub wrong: usize,
}

impl Tally {
    /// Adds `other`.
    pub fn add(&mut self, other: Self) {
        self.found += other.found;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }
}

/// A pair of pictures: how alike they are, and whether they show one person.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Cosine similarity.
    pub score: f32,
    /// Whether both are one person.
    pub same: bool,
    /// Which of the ten parts of the protocol it belongs to.
    pub fold: usize,
}

/// Share of pairs that `threshold` judges rightly.
#[expect(clippy::cast_precision_loss, reason = "counts of pairs are far below 2^52")]
fn accuracy(pairs: &[Pair], threshold: f32) -> f64 {
    let right = pairs.iter().filter(|pair| (pair.score >= threshold) == pair.same).count();
    right as f64 / pairs.len().max(1) as f64
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

/// Accuracy over the folds: each is judged by the threshold that is best on the others (Huang et al., "Labeled Faces
/// in the Wild", 2007, view 2). Returns mean and standard deviation.
#[expect(clippy::cast_precision_loss, reason = "there are ten folds")]
pub fn accuracy_over_folds(pairs: &[Pair]) -> (f64, f64) {
    let folds = pairs.iter().map(|pair| pair.fold + 1).max().unwrap_or(0);
    let accuracies: Vec<f64> = (0..folds)
        .map(|fold| {
            let (test, train): (Vec<Pair>, Vec<Pair>) = pairs.iter().partition(|pair| pair.fold == fold);
            accuracy(&test, best_threshold(&train))
        })
        .collect();
    let count = accuracies.len().max(1) as f64;
    let mean = accuracies.iter().sum::<f64>() / count;
    let variance = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// The share of same pairs accepted at the least threshold that accepts at most `rate` of the different pairs, and
/// that threshold. `None` when there are too few different pairs to tell such a rate.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of pairs are far below 2^52"
)]
pub fn true_accepts_at(pairs: &[Pair], rate: f64) -> Option<(f64, f32)> {
    let mut different: Vec<f32> = pairs.iter().filter(|pair| !pair.same).map(|pair| pair.score).collect();
    different.sort_by(|a, b| b.total_cmp(a));
    let allowed = (different.len() as f64 * rate + 1e-9).floor() as usize;
    if allowed == 0 {
        return None;
    }
    // The first score that must not be accepted; only scores above it are.
    let refused = different.get(allowed).copied().unwrap_or(f32::NEG_INFINITY);
    let same = pairs.iter().filter(|pair| pair.same).count();
    let accepted = pairs.iter().filter(|pair| pair.same && pair.score > refused).count();
    Some((accepted as f64 / same.max(1) as f64, refused))
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
        assert_eq!(accuracy_over_folds(&pairs), (1.0, 0.0));
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

    #[test]
    fn true_accepts_at_a_rate_of_false_ones() {
        let different = (0_u16..1000).map(|i| (f32::from(i) / 2000.0, false));
        let same = (0_u16..10).map(|i| (0.4 + f32::from(i) / 50.0, true));
        let pairs = pairs(&different.chain(same).collect::<Vec<_>>());
        // One false accept is allowed: 0.4995; 0.499 is refused. Scores of 0.50 and more are five of ten.
        assert_eq!(true_accepts_at(&pairs, 1e-3), Some((0.5, 0.499)));
        assert_eq!(true_accepts_at(&pairs, 1e-4), None);
    }
}
