//! True and false positives at every threshold (receiver operating characteristic).

/// One question with a known answer: how alike, and whether it is the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trial {
    /// Cosine similarity; −1 where there was no face to compare.
    pub(super) score: f32,
    /// Whether it is the same person.
    pub(super) same: bool,
}

/// What is accepted by a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The least score that is accepted.
    pub(super) threshold: f32,
    /// Accepted trials of the same person.
    pub(super) found: usize,
    /// Accepted trials of another.
    pub(super) wrong: usize,
}

/// All thresholds that make a difference, highest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// Trials of the same person.
    pub(super) same: usize,
    /// Trials of different people.
    pub(super) different: usize,
    /// One point for each score that occurs.
    pub(super) points: Vec<Point>,
}

impl Curve {
    /// The curve of these trials.
    pub(super) fn of(trials: &[Trial]) -> Self {
        let mut sorted: Vec<Trial> = trials.to_vec();
        sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
        let (mut points, mut found, mut wrong) = (Vec::<Point>::new(), 0, 0);
        for Trial { score, same } in sorted {
            if same {
                found += 1;
            } else {
                wrong += 1;
            }
            let point = Point { threshold: score, found, wrong };
            match points.last_mut() {
                Some(last) if last.threshold.total_cmp(&score).is_eq() => *last = point,
                _ => points.push(point),
            }
        }
        Self { same: found, different: wrong, points }
    }

    /// What is accepted from `threshold` on.
    pub(super) fn at(&self, threshold: f32) -> Point {
        let accepted = self.points.partition_point(|point| point.threshold >= threshold);
        let last = accepted.checked_sub(1).map(|last| self.points[last]);
        Point { threshold, ..last.unwrap_or(Point { threshold, found: 0, wrong: 0 }) }
    }

    /// The lowest threshold that accepts at most the share `rate` of different people. `None` when there are too few of
    /// these trials to tell such a rate, or nothing is accepted.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of trials are far below 2^52"
    )]
    pub(super) fn at_false_rate(&self, rate: f64) -> Option<Point> {
        let allowed = (self.different as f64 * rate + 1e-9).floor() as usize;
        let accepted = self.points.partition_point(|point| point.wrong <= allowed);
        accepted.checked_sub(1).filter(|_| allowed > 0).map(|last| self.points[last])
    }

    /// The share of the same person's trials that a point accepts: recall, true accept rate.
    pub(super) fn true_rate(&self, point: Point) -> f64 {
        share(point.found, self.same)
    }

    /// The share of other people's trials that a point accepts.
    pub(super) fn false_rate(&self, point: Point) -> f64 {
        share(point.wrong, self.different)
    }
}

impl Point {
    /// The share of what is accepted that is right.
    pub(super) fn precision(self) -> f64 {
        share(self.found, self.found + self.wrong)
    }
}

/// A part of a whole; of nothing, nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The 95 % interval of a share after Wilson (1927): right also for few trials and shares near one.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn interval(part: usize, whole: usize) -> (f64, f64) {
    /// The normal distribution's 97.5 % quantile.
    const Z: f64 = 1.959_964;
    if whole == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (whole as f64, share(part, whole));
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of few values, so that many are equal.
    fn trials() -> Vec<Trial> {
        let spread = |index: u32| index.wrapping_mul(2_654_435_761) >> 16;
        (0..997_u32)
            .map(|index| {
                let same = index % 7 == 0;
                let step = u16::try_from(spread(index) % 40).unwrap() + if same { 12 } else { 0 };
                Trial { score: f32::from(step) / 64.0 - 0.1, same }
            })
            .collect()
    }

    #[test]
    fn every_threshold_accepts_what_counting_says() {
        let (trials, curve) = (trials(), Curve::of(&trials()));
        assert_eq!((curve.same, curve.different), (143, 854));
        for step in -20_i16..80 {
            let threshold = f32::from(step) / 64.0;
            let count = |same| trials.iter().filter(|t| t.same == same && t.score >= threshold).count();
            let point = curve.at(threshold);
            assert_eq!((point.found, point.wrong), (count(true), count(false)), "{threshold}");
        }
        assert!(curve.points.windows(2).all(|pair| pair[0].threshold > pair[1].threshold));
    }

    #[test]
    fn the_point_of_a_false_rate_is_the_lowest_that_keeps_it() {
        let (trials, curve) = (trials(), Curve::of(&trials()));
        // Of 854 trials: 256.2, 85.4, 8.54 and 1.7.
        for (rate, allowed) in [(0.3, 256), (0.1, 85), (0.01, 8), (0.002, 1)] {
            let point = curve.at_false_rate(rate).unwrap();
            let wrong = |least: f32| trials.iter().filter(|t| !t.same && t.score >= least).count();
            assert!(wrong(point.threshold) <= allowed, "{rate}");
            let below = trials.iter().map(|t| t.score).filter(|score| *score < point.threshold);
            let next = below.max_by(f32::total_cmp).unwrap();
            assert!(wrong(next) > allowed, "{rate}: {next} would do as well");
        }
        assert_eq!(curve.at_false_rate(1e-3), None, "854 trials cannot tell one in a thousand");
        assert_eq!(Curve::of(&[]).at_false_rate(0.5), None);
    }

    #[test]
    fn one_false_accept_of_a_thousand() {
        let different = (0_u16..1000).map(|i| Trial { score: f32::from(i) / 2000.0, same: false });
        let same = (0_u16..10).map(|i| Trial { score: 0.4 + f32::from(i) / 50.0, same: true });
        let curve = Curve::of(&different.chain(same).collect::<Vec<_>>());
        // 0.4995 may be accepted, 0.499 may not. Scores of 0.50 and more are five of ten.
        assert_eq!(curve.at_false_rate(1e-3), Some(Point { threshold: 0.4995, found: 5, wrong: 1 }));
    }

    #[test]
    fn intervals_are_wilsons() {
        let (low, high) = interval(98, 100);
        assert!((low - 0.9300).abs() < 5e-4 && (high - 0.9945).abs() < 5e-4, "{low} {high}");
        let (low, high) = interval(10, 10);
        assert!((low - 0.7225).abs() < 5e-4 && high > 0.999, "{low} {high}");
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }
}
