//! `findme eval event`: each selfie is searched in the event's photos; recall and precision of "my photos", per person
//! and overall, for both bands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::{Embedding, FaceId, PhotoId, Score, Thresholds};
use engine::{Engine, Gallery};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::labels::{self, Label};
use super::scores::Tally;
use super::{FILES_AT_ONCE, bar, open_engine, percent, read};
use crate::config::Config;
use crate::say;

/// Result of an evaluation.
#[derive(Debug, Default)]
pub struct EventScore {
    /// What counts as surely the person.
    pub sure: Tally,
    /// That, and what may be.
    pub both: Tally,
    /// By person: the same two.
    pub people: BTreeMap<String, (Tally, Tally)>,
    /// Selfies that could not be used, with the reason.
    pub unusable: Vec<String>,
    /// Photos that could not be read, with the reason.
    pub unreadable: Vec<String>,
    /// Faces found in the photos.
    pub faces: usize,
    /// Photos that were read.
    pub photos: usize,
    /// Selfies that were searched with.
    pub selfies: usize,
}

pub(crate) fn run(config: &Config, photos: &Path, selfies: &Path, labels: &Path) -> anyhow::Result<ExitCode> {
    let score = evaluate(config, photos, selfies, labels)?;
    report(&score);
    Ok(ExitCode::SUCCESS)
}

/// Reads the photos, searches with each selfie, and compares with the labels.
///
/// # Errors
/// When models or files are missing, or nothing is labelled.
pub fn evaluate(config: &Config, photos: &Path, selfies: &Path, labels: &Path) -> anyhow::Result<EventScore> {
    let labels = labels::read(labels)?;
    let (engine, pack) = open_engine(config)?;
    let mut score = EventScore::default();
    let (gallery, files) = index(&engine, pack.recogniser.dimension, photos, &labels, &mut score)?;
    let queries = queries(&engine, selfies, &labels, &mut score)?;
    for query in &queries {
        let (sure, both) = judge(&engine, &gallery, &files, query, pack.thresholds);
        let entry = score.people.entry(query.person.clone()).or_default();
        entry.0.add(sure);
        entry.1.add(both);
        score.sure.add(sure);
        score.both.add(both);
    }
    score.selfies = queries.len();
    Ok(score)
}

/// A photo of the gallery, and who is on it.
struct Labelled<'a> {
    file: String,
    label: &'a Label,
}

/// A selfie that can be searched with.
struct Query<'a> {
    person: String,
    embedding: Embedding,
    label: &'a Label,
}

/// The labelled files below `folder`, with their labels.
fn labelled<'a>(
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
) -> anyhow::Result<Vec<(PathBuf, &'a Label)>> {
    let parent = name_of(folder);
    let mut files = Vec::new();
    for (file, label) in labels {
        if let Some(name) = file.strip_prefix(&format!("{parent}/")) {
            files.push((folder.join(name), label));
        }
    }
    if files.is_empty() {
        bail!("no file of {} has a label: the column file must read {parent}/NAME", folder.display());
    }
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn index<'a>(
    engine: &Engine,
    dimension: usize,
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
    score: &mut EventScore,
) -> anyhow::Result<(Gallery, BTreeMap<PhotoId, Labelled<'a>>)> {
    let files = labelled(folder, labels)?;
    let (mut gallery, mut by_id) = (Gallery::new(dimension), BTreeMap::new());
    let (bar, entropy) = (bar("photos", files.len()), crate::system::entropy());
    for part in files.chunks(FILES_AT_ONCE) {
        let bytes = part.iter().map(|(path, _)| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        for ((path, label), indexed) in part.iter().zip(engine.index(&slices)) {
            let photo_id = PhotoId::from_entropy(&entropy);
            let file = format!("{}/{}", name_of(folder), name_of(path));
            by_id.insert(photo_id, Labelled { file, label });
            match indexed {
                Ok(photo) => {
                    for face in photo.faces {
                        gallery.append(FaceId::from_entropy(&entropy), photo_id, &face.embedding)?;
                        score.faces += 1;
                    }
                }
                Err(error) => score.unreadable.push(format!("{}: {error}", path.display())),
            }
        }
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    score.photos = files.len();
    Ok((gallery, by_id))
}

/// The embedding of each selfie that shows one labelled person.
fn queries<'a>(
    engine: &Engine,
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
    score: &mut EventScore,
) -> anyhow::Result<Vec<Query<'a>>> {
    let files = labelled(folder, labels)?;
    let bar = bar("selfies", files.len());
    let read: Vec<(&PathBuf, &Label, anyhow::Result<Embedding>)> = files
        .par_iter()
        .map(|(path, label)| {
            let embedding = read(path).and_then(|bytes| Ok(engine.selfie(&bytes)?.embedding));
            bar.inc(1);
            (path, *label, embedding)
        })
        .collect();
    bar.finish_and_clear();
    let mut queries = Vec::new();
    for (path, label, embedding) in read {
        let person = label.identities.first().with_context(|| format!("{} has no label", path.display()))?;
        match embedding {
            Ok(embedding) => queries.push(Query { person: person.clone(), embedding, label }),
            Err(error) => {
                score.unusable.push(format!("{} ({person}): {error}", path.display()));
                // A selfie without an answer has missed every photo.
                let of_person = |file: &&String| {
                    !file.starts_with("selfies/") && labels[*file].identities.contains(person)
                };
                let missed = Tally { missed: labels.keys().filter(of_person).count(), ..Tally::default() };
                let entry = score.people.entry(person.clone()).or_default();
                for tally in [&mut entry.0, &mut entry.1, &mut score.sure, &mut score.both] {
                    tally.add(missed);
                }
            }
        }
    }
    Ok(queries)
}

/// What a search with this selfie finds, misses and gets wrong: surely, and in both bands.
fn judge(
    engine: &Engine,
    gallery: &Gallery,
    photos: &BTreeMap<PhotoId, Labelled<'_>>,
    query: &Query<'_>,
    thresholds: Thresholds,
) -> (Tally, Tally) {
    let tally = |least: f32| {
        let hits = engine.search(gallery, &query.embedding, Score(least));
        let found: BTreeSet<PhotoId> = hits.iter().map(|hit| hit.photo_id).collect();
        let mut tally = Tally::default();
        let counted = |photo: &Labelled<'_>| query.label.cut_from.as_ref() != Some(&photo.file);
        for (photo_id, Labelled { label, .. }) in photos.iter().filter(|(_, photo)| counted(photo)) {
            match (label.identities.contains(&query.person), found.contains(photo_id)) {
                (true, true) => tally.found += 1,
                (true, false) => tally.missed += 1,
                (false, true) if !label.maybe.contains(&query.person) => tally.wrong += 1,
                (false, _) => {}
            }
        }
        tally
    };
    (tally(thresholds.sure), tally(thresholds.maybe))
}

fn report(score: &EventScore) {
    let line = |name: &str, sure: Tally, both: Tally| {
        let of = |tally: Tally| {
            (
                percent(tally.found, tally.found + tally.missed),
                percent(tally.found, tally.found + tally.wrong),
            )
        };
        let ((sure_recall, sure_precision), (both_recall, both_precision)) = (of(sure), of(both));
        say(format_args!(
            "{name:32} {sure_recall:>8} {sure_precision:>10} {both_recall:>12} {both_precision:>10}"
        ));
    };
    say(format_args!("{:32} {:>8} {:>10} {:>12} {:>10}", "", "sure", "", "sure + maybe", ""));
    say(format_args!(
        "{:32} {:>8} {:>10} {:>12} {:>10}",
        "person", "recall", "precision", "recall", "precision"
    ));
    for (person, (sure, both)) in &score.people {
        line(person, *sure, *both);
    }
    line("all", score.sure, score.both);
    say(format_args!(
        "{} photos, {} faces, {} selfies; sure: {} found, {} missed, {} wrong; sure + maybe: {} found, {} missed, {} wrong",
        score.photos,
        score.faces,
        score.selfies,
        score.sure.found,
        score.sure.missed,
        score.sure.wrong,
        score.both.found,
        score.both.missed,
        score.both.wrong
    ));
    for line in score.unreadable.iter().chain(&score.unusable) {
        say(format_args!("not usable: {line}"));
    }
}
