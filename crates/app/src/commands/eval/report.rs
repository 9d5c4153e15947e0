//! An evaluation as text.

use super::event::{Evaluation, Tallies};
use super::percent;
use super::roc::Curve;
use super::scores::Tally;
use crate::say;

/// Rates of false accepts at which recognisers are commonly compared.
pub(super) const FALSE_RATES: [f64; 3] = [1e-2, 1e-3, 1e-4];

/// Prints it.
pub(super) fn tell(evaluation: &Evaluation<'_>) {
    tell_people(evaluation);
    tell_counts(evaluation);
    tell_curve(&evaluation.curve());
    for line in evaluation.album.unreadable.iter().cloned().chain(evaluation.unusable()) {
        say(format_args!("not usable: {line}"));
    }
}

fn tell_people(evaluation: &Evaluation<'_>) {
    say(format_args!("{:32} {:>8} {:>10} {:>12} {:>10}", "", "sure", "", "sure + maybe", ""));
    say(format_args!(
        "{:32} {:>8} {:>10} {:>12} {:>10}",
        "person", "recall", "precision", "recall", "precision"
    ));
    let line = |name: &str, Tallies { sure, both }: Tallies| {
        let recall = |tally: Tally| percent(tally.found, tally.found + tally.missed);
        let precision = |tally: Tally| percent(tally.found, tally.found + tally.wrong);
        say(format_args!(
            "{name:32} {:>8} {:>10} {:>12} {:>10}",
            recall(sure),
            precision(sure),
            recall(both),
            precision(both)
        ));
    };
    for (person, tallies) in evaluation.people() {
        line(person, tallies);
    }
    line("all", evaluation.tallies());
}

fn tell_counts(evaluation: &Evaluation<'_>) {
    let Tallies { sure, both } = evaluation.tallies();
    let (album, selfies) = (&evaluation.album, evaluation.searches.len() - evaluation.unusable().count());
    say(format_args!(
        "{} photos, {} faces, {selfies} selfies; sure: {} found, {} missed, {} wrong; sure + maybe: {} found, {} missed, {} wrong",
        album.photos.len(),
        album.gallery.len(),
        sure.found,
        sure.missed,
        sure.wrong,
        both.found,
        both.missed,
        both.wrong
    ));
}

fn tell_curve(curve: &Curve) {
    say(format_args!(
        "\ntrue and false positives over {} selfie and photo pairs of one person and {} of two",
        curve.same, curve.different
    ));
    say(format_args!(
        "{:>10} {:>14} {:>15} {:>10} {:>8} {:>8}",
        "score from", "true positives", "false positives", "precision", "found", "wrong"
    ));
    for step in (14_u8..=50).step_by(2) {
        let point = curve.at(f32::from(step) / 100.0);
        say(format_args!(
            "{:>10.2} {:>14.4} {:>15.6} {:>10.4} {:>8} {:>8}",
            point.threshold,
            curve.true_rate(point),
            curve.false_rate(point),
            point.precision(),
            point.found,
            point.wrong
        ));
    }
    for rate in FALSE_RATES {
        match curve.at_false_rate(rate) {
            Some(point) => say(format_args!(
                "TAR {:.4} at FAR {rate:.0e} (score {:.3} or more; {} of {} wrong accepted)",
                curve.true_rate(point),
                point.threshold,
                point.wrong,
                curve.different
            )),
            None => say(format_args!("TAR at FAR {rate:.0e}: too few pairs of two people")),
        }
    }
}
