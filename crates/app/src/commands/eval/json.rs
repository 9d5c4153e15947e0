//! An evaluation for machines.

use domain::Band;
use serde::Serialize;

use super::event::{Evaluation, Search, Tallies, Verdict};
use super::report::FALSE_RATES;
use super::roc::{Curve, Point, share};
use super::scores::Tally;

/// Points of the curve that are written: enough for a smooth drawing.
const POINTS_MAX: usize = 400;

#[derive(Serialize)]
struct Whole<'a> {
    pack: &'a str,
    sure_from: f32,
    maybe_from: f32,
    photos: usize,
    faces: usize,
    selfies: usize,
    sure: Figures,
    sure_and_maybe: Figures,
    pairs_same: usize,
    pairs_different: usize,
    at_false_rate: Vec<AtRate>,
    curve: Vec<OfCurve>,
    people: Vec<OfPerson<'a>>,
    unreadable_photos: &'a [String],
    unusable_selfies: Vec<String>,
}

#[derive(Serialize)]
struct Figures {
    found: usize,
    missed: usize,
    wrong: usize,
    recall: f64,
    precision: f64,
}

impl From<Tally> for Figures {
    fn from(Tally { found, missed, wrong }: Tally) -> Self {
        let (recall, precision) = (share(found, found + missed), share(found, found + wrong));
        Self { found, missed, wrong, recall, precision }
    }
}

#[derive(Serialize)]
struct AtRate {
    false_rate: f64,
    /// Null when there are too few pairs to tell.
    reached: Option<OfCurve>,
}

#[derive(Serialize)]
struct OfCurve {
    threshold: f32,
    true_rate: f64,
    false_rate: f64,
    precision: f64,
}

impl OfCurve {
    fn of(curve: &Curve, point: Point) -> Self {
        Self {
            threshold: point.threshold,
            true_rate: curve.true_rate(point),
            false_rate: curve.false_rate(point),
            precision: point.precision(),
        }
    }
}

#[derive(Serialize)]
struct OfPerson<'a> {
    person: &'a str,
    sure: Figures,
    sure_and_maybe: Figures,
    selfies: Vec<Selfie<'a>>,
}

#[derive(Serialize)]
struct Selfie<'a> {
    file: &'a str,
    problem: Option<&'a str>,
    missed: Vec<Shown<'a>>,
    wrong: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    photo: &'a str,
    /// Null where the photo has no face.
    score: Option<f32>,
    band: Option<&'static str>,
    /// Who is on the photo, as far as is labelled.
    shows: Vec<&'a str>,
}

/// The JSON document.
///
/// # Errors
/// None that is known: all of it can be written.
pub(super) fn of(evaluation: &Evaluation<'_>) -> anyhow::Result<String> {
    let (Tallies { sure, both }, curve) = (evaluation.tallies(), evaluation.curve());
    let at_false_rate = FALSE_RATES.map(|false_rate| AtRate {
        false_rate,
        reached: curve.at_false_rate(false_rate).map(|point| OfCurve::of(&curve, point)),
    });
    let whole = Whole {
        pack: &evaluation.pack,
        sure_from: evaluation.thresholds.sure,
        maybe_from: evaluation.thresholds.maybe,
        photos: evaluation.album.photos.len(),
        faces: evaluation.album.gallery.len(),
        selfies: evaluation.searches.len(),
        sure: sure.into(),
        sure_and_maybe: both.into(),
        pairs_same: curve.same,
        pairs_different: curve.different,
        at_false_rate: at_false_rate.into(),
        curve: thinned(&curve).map(|point| OfCurve::of(&curve, point)).collect(),
        people: people(evaluation),
        unreadable_photos: &evaluation.album.unreadable,
        unusable_selfies: evaluation.unusable().collect(),
    };
    Ok(serde_json::to_string_pretty(&whole)?)
}

/// Points that lie evenly among those of the curve, the last one with them. Where a few of others are accepted, every
/// step counts: of these all are kept.
pub(super) fn thinned(curve: &Curve) -> impl Iterator<Item = Point> + '_ {
    let step = curve.points.len().div_ceil(POINTS_MAX).max(1);
    let last = curve.points.len().saturating_sub(1);
    let few = curve.different / 1000;
    let numbered = curve.points.iter().enumerate();
    let kept = numbered.filter(move |(index, point)| {
        index % step == 0 || *index == last || (point.wrong <= few && index % (step / 8).max(1) == 0)
    });
    kept.map(|(_, point)| *point)
}

fn people<'a>(evaluation: &'a Evaluation<'_>) -> Vec<OfPerson<'a>> {
    let tallies = evaluation.people();
    let by_person = evaluation.by_person().into_iter();
    let people = by_person.map(|(person, searches)| {
        let Tallies { sure, both } = tallies.get(person).copied().unwrap_or_default();
        let selfies = searches.into_iter().map(|search| selfie(evaluation, search)).collect();
        OfPerson { person, sure: sure.into(), sure_and_maybe: both.into(), selfies }
    });
    people.collect()
}

fn selfie<'a>(evaluation: &'a Evaluation<'_>, search: &'a Search<'_>) -> Selfie<'a> {
    let list = |is_listed: fn(&Verdict) -> bool| {
        let listed = search.verdicts.iter().filter(|verdict| is_listed(verdict));
        listed.map(|verdict| shown(evaluation, verdict)).collect()
    };
    Selfie {
        file: &search.query.file,
        problem: search.query.embedding.as_ref().err().map(String::as_str),
        missed: list(|verdict| verdict.is_theirs && verdict.band().is_none()),
        wrong: list(|verdict| !verdict.is_theirs && verdict.band().is_some()),
    }
}

fn shown<'a>(evaluation: &'a Evaluation<'_>, verdict: &Verdict) -> Shown<'a> {
    let photo = &evaluation.album.photos[&verdict.photo_id];
    let band = verdict.band().map(|band| match band {
        Band::Sure => "sure",
        Band::Maybe => "maybe",
    });
    Shown {
        photo: &photo.file,
        score: verdict.answer.map(|answer| answer.score),
        band,
        shows: photo.label.identities.iter().map(String::as_str).collect(),
    }
}
