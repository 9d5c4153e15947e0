//! `findme eval event`: each selfie is searched in the event's photos. How many of a person's photos are found, how many
//! of those found are theirs, per person and overall, for both bands; and true and false positives at every threshold.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use domain::{Band, Language, PhotoId, Thresholds};
use engine::Engine;

use super::album::{self, Album, Query};
use super::answers::{Answer, answers};
use super::labels;
use super::open_engine;
use super::roc::{Curve, Trial};
use super::scores::Tally;
use super::{json, report, sheet};
use crate::cli::EvalEvent;
use crate::config::Config;
use crate::say;

/// What came of an evaluation.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    pub(super) pack: String,
    pub(super) thresholds: Thresholds,
    pub(super) album: Album<'a>,
    /// In the order of the selfies' names.
    pub(super) searches: Vec<Search<'a>>,
}

/// One selfie, and what came of every photo that counts for it.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) query: Query<'a>,
    pub(super) verdicts: Vec<Verdict>,
}

/// One photo for one selfie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) photo_id: PhotoId,
    /// None where there was no face, or no usable selfie.
    pub(super) answer: Option<Answer>,
    /// Whether the person is on it.
    pub(super) is_theirs: bool,
}

/// The two bands together and the first alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tallies {
    /// What counts as surely the person.
    pub(super) sure: Tally,
    /// That, and what may be.
    pub(super) both: Tally,
}

pub(crate) fn run(config: &Config, arguments: &EvalEvent) -> anyhow::Result<ExitCode> {
    let labels = labels::read(&arguments.labels)?;
    let (engine, pack) = open_engine(config)?;
    let keeps_pictures = arguments.html.is_some();
    let album = album::photos(&engine, &arguments.photos, &labels, keeps_pictures)?;
    let queries = album::selfies(&engine, &arguments.selfies, &labels, keeps_pictures)?;
    let searches = queries.into_iter().map(|query| search(&engine, &album, query)).collect();
    let evaluation = Evaluation { pack: pack.name, thresholds: engine.thresholds(), album, searches };
    report::tell(&evaluation);
    if let Some(file) = &arguments.json {
        write(file, &json::of(&evaluation)?)?;
    }
    if let Some(file) = &arguments.html {
        let language = arguments.language.unwrap_or(Language::En);
        write(file, &sheet::page(&evaluation, language))?;
        say(format_args!(
            "{} shows photographs of people: it is for your eyes, not to be passed on",
            file.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn write(file: &Path, content: &str) -> anyhow::Result<()> {
    std::fs::write(file, content).with_context(|| format!("{} cannot be written", file.display()))
}

/// Searches, and compares with the labels.
fn search<'a>(engine: &Engine, album: &Album<'_>, query: Query<'a>) -> Search<'a> {
    let found = query.embedding.as_ref().map(|embedding| answers(engine, &album.gallery, embedding));
    let found = found.unwrap_or_default();
    let mut verdicts = Vec::new();
    for (photo_id, photo) in &album.photos {
        let is_theirs = photo.label.identities.contains(query.person);
        let is_doubtful = !is_theirs && photo.label.maybe.contains(query.person);
        let is_its_source = query.label.cut_from.as_ref() == Some(&photo.file);
        if !is_doubtful && !is_its_source {
            verdicts.push(Verdict { photo_id: *photo_id, answer: found.get(photo_id).copied(), is_theirs });
        }
    }
    Search { query, verdicts }
}

impl Verdict {
    /// The band in which the photo is shown.
    pub(super) fn band(&self) -> Option<Band> {
        self.answer.and_then(|answer| answer.band)
    }

    /// How alike; −1 where there is nothing to compare.
    pub(super) fn score(&self) -> f32 {
        self.answer.map_or(-1.0, |answer| answer.score)
    }
}

impl Tallies {
    pub(super) fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut tallies = Self::default();
        for verdict in verdicts {
            let band = verdict.band();
            tallies.sure.count(verdict.is_theirs, band == Some(Band::Sure));
            tallies.both.count(verdict.is_theirs, band.is_some());
        }
        tallies
    }
}

impl Evaluation<'_> {
    pub(super) fn tallies(&self) -> Tallies {
        Tallies::of(self.searches.iter().flat_map(|search| &search.verdicts))
    }

    /// The same by person, in alphabetical order.
    pub(super) fn people(&self) -> BTreeMap<&str, Tallies> {
        let by_person = self.by_person().into_iter();
        let tallies = by_person.map(|(person, searches)| {
            (person, Tallies::of(searches.into_iter().flat_map(|search| &search.verdicts)))
        });
        tallies.collect()
    }

    pub(super) fn by_person(&self) -> BTreeMap<&str, Vec<&Search<'_>>> {
        let mut people = BTreeMap::<&str, Vec<&Search<'_>>>::new();
        for search in &self.searches {
            people.entry(search.query.person).or_default().push(search);
        }
        people
    }

    /// The curve over every pair of a selfie and a photo that counts for it.
    pub(super) fn curve(&self) -> Curve {
        let verdicts = self.searches.iter().flat_map(|search| &search.verdicts);
        let trials = verdicts.map(|verdict| Trial { score: verdict.score(), same: verdict.is_theirs });
        Curve::of(&trials.collect::<Vec<_>>())
    }

    /// Selfies that could not be searched with, and why. They have missed every photo.
    pub(super) fn unusable(&self) -> impl Iterator<Item = String> {
        self.searches.iter().filter_map(|search| {
            let Query { file, person, embedding, .. } = &search.query;
            embedding.as_ref().err().map(|error| format!("{file} ({person}): {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::FaceId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn bands_are_counted_apart_and_together() {
        let verdict = |score: f32, band, is_theirs| Verdict {
            photo_id: PhotoId(Uuid::nil()),
            answer: Some(Answer { face_id: FaceId(Uuid::nil()), score, band }),
            is_theirs,
        };
        let without = Verdict { photo_id: PhotoId(Uuid::nil()), answer: None, is_theirs: true };
        let verdicts = [
            verdict(0.5, Some(Band::Sure), true),
            verdict(0.4, Some(Band::Sure), false),
            verdict(0.3, Some(Band::Maybe), true),
            verdict(0.3, Some(Band::Maybe), false),
            verdict(0.1, None, true),
            verdict(0.1, None, false),
            without,
        ];
        let Tallies { sure, both } = Tallies::of(&verdicts);
        assert_eq!(sure, Tally { found: 1, missed: 3, wrong: 1 });
        assert_eq!(both, Tally { found: 2, missed: 2, wrong: 2 });
        assert!((without.score() + 1.0).abs() < f32::EPSILON);
    }
}
