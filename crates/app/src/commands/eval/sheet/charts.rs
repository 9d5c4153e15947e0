//! The two curves, drawn as SVG.

use std::fmt::Write as _;

use super::words::{Words, likeness};
use super::{escaped, json_points};
use crate::commands::eval::event::{Evaluation, Tallies};
use crate::commands::eval::roc::share;
use domain::Language;

/// Inner width and height of a drawing, in units of its own.
const SIZE: (f64, f64) = (400.0, 240.0);
/// The least rate of false positives that is drawn: one in 10,000.
const LEAST_RATE: f64 = 1e-4;

/// An axis: where its values lie, from 0 to 1, and what is written there.
struct Axis {
    place: fn(f64) -> f64,
    marks: Vec<(f64, &'static str)>,
}

/// A curve with the two bands on it.
struct Chart<'a> {
    title: &'a str,
    across: (&'a str, Axis),
    up: (&'a str, Axis),
    line: Vec<(f64, f64)>,
    bands: [(String, (f64, f64)); 2],
    /// On which side of the line there is room for words: right of it, or left.
    is_room_right: bool,
}

/// Both charts.
pub(super) fn charts(evaluation: &Evaluation<'_>, words: &Words, language: Language) -> String {
    let (curve, Tallies { sure, both }) = (evaluation.curve(), evaluation.tallies());
    let points: Vec<_> = json_points(&curve).collect();
    let bands = |place: &dyn Fn(usize, usize) -> (f64, f64)| {
        let thresholds = evaluation.thresholds;
        [(thresholds.sure, sure), (thresholds.maybe, both)]
            .map(|(score, tally)| (likeness(score, language), place(tally.found, tally.wrong)))
    };
    let recall = |found| share(found, curve.same);
    let strangers = Chart {
        title: words.curve_missed,
        across: (words.curve_missed_across, Axis { place: decades, marks: decade_marks(language) }),
        up: (words.curve_missed_up, hundred()),
        line: points.iter().map(|point| (curve.false_rate(*point), curve.true_rate(*point))).collect(),
        bands: bands(&|found, wrong| (share(wrong, curve.different), recall(found))),
        is_room_right: true,
    };
    let precision = Chart {
        title: words.curve_precision,
        across: (words.curve_precision_across, hundred()),
        up: (words.curve_precision_up, hundred()),
        line: points.iter().map(|point| (curve.true_rate(*point), point.precision())).collect(),
        bands: bands(&|found, wrong| (recall(found), share(found, found + wrong))),
        is_room_right: false,
    };
    format!("{}{}", strangers.svg(), precision.svg())
}

/// From 50 to 100 of 100: what matters is near the top.
fn hundred() -> Axis {
    Axis {
        place: |share| (share - 0.5) * 2.0,
        marks: vec![(0.5, "50"), (0.6, "60"), (0.7, "70"), (0.8, "80"), (0.9, "90"), (1.0, "100")],
    }
}

fn decades(rate: f64) -> f64 {
    1.0 - rate.max(LEAST_RATE).log10() / LEAST_RATE.log10()
}

fn decade_marks(language: Language) -> Vec<(f64, &'static str)> {
    let (thousand, ten_thousand) = match language {
        Language::En => ("1,000", "10,000"),
        Language::Fr => ("1\u{202F}000", "10\u{202F}000"),
    };
    vec![(1e-4, "1"), (1e-3, "10"), (1e-2, "100"), (1e-1, thousand), (1.0, ten_thousand)]
}

impl Chart<'_> {
    fn svg(&self) -> String {
        let ((across_name, across), (up_name, up)) = (&self.across, &self.up);
        let x = |value: f64| (across.place)(value).clamp(0.0, 1.0) * SIZE.0;
        let y = |value: f64| SIZE.1 - (up.place)(value).clamp(0.0, 1.0) * SIZE.1;
        let mut drawn = String::new();
        for (value, text) in &across.marks {
            let x = x(*value);
            let _ = write!(
                drawn,
                r#"<path class="grid" d="M{x:.1} 0V{}"/><text class="mark" x="{x:.1}" y="{}" text-anchor="middle">{text}</text>"#,
                SIZE.1,
                SIZE.1 + 18.0
            );
        }
        for (value, text) in &up.marks {
            let y = y(*value);
            let _ = write!(
                drawn,
                r#"<path class="grid" d="M0 {y:.1}H{}"/><text class="mark" x="-8" y="{:.1}" text-anchor="end">{text}</text>"#,
                SIZE.0,
                y + 4.0
            );
        }
        let line: Vec<String> = self.line.iter().map(|(a, b)| format!("{:.1} {:.1}", x(*a), y(*b))).collect();
        let _ = write!(drawn, r#"<path class="line" d="M{}"/>"#, line.join("L"));
        for ((text, (a, b)), kind) in self.bands.iter().zip(["sure", "maybe"]) {
            let (x, y) = (x(*a), y(*b));
            let (side, anchor) = if self.is_room_right { (10.0, "start") } else { (-10.0, "end") };
            let _ = write!(
                drawn,
                r#"<circle class="{kind}" cx="{x:.1}" cy="{y:.1}" r="6"/><text class="band" x="{:.1}" y="{:.1}" text-anchor="{anchor}">{text}</text>"#,
                x + side,
                y + 18.0
            );
        }
        format!(
            r#"<figure class="chart"><figcaption><b>{}</b><span>↑ {}</span></figcaption><svg viewBox="-44 -14 464 278" role="img" aria-label="{}">{drawn}</svg><p>→ {}</p></figure>"#,
            escaped(self.title),
            escaped(up_name),
            escaped(self.title),
            escaped(across_name)
        )
    }
}
