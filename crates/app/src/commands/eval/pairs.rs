//! `findme eval pairs`: verification of pairs, after the protocol of Labeled Faces in the Wild.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::Embedding;
use engine::Engine;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::scores::{Pair, accuracy_over_folds, true_accepts_at};
use super::{bar, open_engine, percent, read};
use crate::config::Config;
use crate::say;

/// A rate of false accepts of one in a thousand.
const FALSE_ACCEPTS: f64 = 1e-3;

/// A pair of the protocol: two pictures, each a person's name and number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    first: (String, u32),
    second: (String, u32),
    fold: usize,
}

pub(crate) fn run(config: &Config, pairs: &Path, images: &Path) -> anyhow::Result<ExitCode> {
    let text =
        std::fs::read_to_string(pairs).with_context(|| format!("{} cannot be read", pairs.display()))?;
    let listed = parse(&text).with_context(|| pairs.display().to_string())?;
    let (engine, _) = open_engine(config)?;
    let (embeddings, unusable) = embed_all(&engine, images, &listed)?;
    let scored: Vec<Pair> = listed.iter().map(|pair| score(pair, &embeddings)).collect();
    let (mean, deviation) = accuracy_over_folds(&scored);
    let folds = listed.iter().map(|pair| pair.fold).max().unwrap_or(0) + 1;
    say(format_args!("{} pairs in {folds} folds", listed.len()));
    say(format_args!("accuracy {mean:.4} ± {deviation:.4}"));
    match true_accepts_at(&scored, FALSE_ACCEPTS) {
        Some((rate, threshold)) => {
            say(format_args!("TAR {rate:.4} at FAR 1e-3 (score above {threshold:.3})"));
        }
        None => say("TAR at FAR 1e-3: there are fewer than 1000 different pairs"),
    }
    say(format_args!(
        "{} of {} pictures without a usable face; a pair with one of them counts as different",
        unusable.len(),
        embeddings.len() + unusable.len()
    ));
    for line in &unusable {
        say(format_args!("not usable: {line}"));
    }
    say(format_args!(
        "share of pictures used: {}",
        percent(embeddings.len(), embeddings.len() + unusable.len())
    ));
    Ok(ExitCode::SUCCESS)
}

/// LFW's pairs.txt: a line "folds pairs", then per fold so many lines "name n m" (one person) and as many
/// "name n name m" (two). A file of one fold has only the number of pairs on its first line.
fn parse(text: &str) -> anyhow::Result<Vec<Listed>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().context("the file is empty")?;
    let numbers = header.split_whitespace().map(str::parse).collect::<Result<Vec<usize>, _>>();
    let per_kind = match numbers.as_deref() {
        Ok([_, per_kind] | [per_kind]) if *per_kind > 0 => *per_kind,
        _ => bail!("line 1 must be the numbers of folds and of pairs, such as \"10 300\""),
    };
    lines
        .enumerate()
        .map(|(index, (number, line))| {
            let fold = index / (2 * per_kind);
            listed(line, fold).with_context(|| format!("line {} is no pair: {line:?}", number + 1))
        })
        .collect()
}

fn listed(line: &str, fold: usize) -> Option<Listed> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let picture = |name: &str, number: &str| Some((name.to_owned(), number.parse().ok()?));
    let (first, second) = match words.as_slice() {
        [name, n, m] => (picture(name, n)?, picture(name, m)?),
        [name, n, other, m] => (picture(name, n)?, picture(other, m)?),
        _ => return None,
    };
    Some(Listed { first, second, fold })
}

type Embeddings = BTreeMap<(String, u32), Embedding>;

fn embed_all(engine: &Engine, images: &Path, pairs: &[Listed]) -> anyhow::Result<(Embeddings, Vec<String>)> {
    let pictures: BTreeSet<&(String, u32)> =
        pairs.iter().flat_map(|pair| [&pair.first, &pair.second]).collect();
    let pictures: Vec<&(String, u32)> = pictures.into_iter().collect();
    let bar = bar("pictures", pictures.len());
    let read: Vec<_> = pictures
        .par_iter()
        .map(|picture| {
            let bytes = read(&file_of(images, picture))?;
            let embedding = engine.selfie(&bytes).map(|selfie| selfie.embedding);
            bar.inc(1);
            anyhow::Ok((*picture, embedding))
        })
        .collect::<anyhow::Result<_>>()?;
    bar.finish_and_clear();
    let (mut embeddings, mut unusable) = (Embeddings::new(), Vec::new());
    for (picture, embedding) in read {
        match embedding {
            Ok(embedding) => drop(embeddings.insert(picture.clone(), embedding)),
            Err(error) => unusable.push(format!("{}: {error}", file_of(images, picture).display())),
        }
    }
    Ok((embeddings, unusable))
}

fn file_of(images: &Path, (name, number): &(String, u32)) -> PathBuf {
    images.join(name).join(format!("{name}_{number:04}.jpg"))
}

fn score(pair: &Listed, embeddings: &Embeddings) -> Pair {
    let both = embeddings.get(&pair.first).zip(embeddings.get(&pair.second));
    let score = both.map_or(-1.0, |(first, second)| first.cosine(second).0);
    Pair { score, same: pair.first.0 == pair.second.0, fold: pair.fold }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_kinds_are_read_into_folds() {
        let pairs = parse("2 1\nAnn 1 2\nAnn 1 Bob 3\nBob 1 2\nBob 2 Ann 4\n").unwrap();
        assert_eq!(pairs.iter().map(|pair| pair.fold).collect::<Vec<_>>(), [0, 0, 1, 1]);
        assert_eq!(pairs[1].second, ("Bob".to_owned(), 3));
        assert_eq!(file_of(Path::new("x"), &pairs[1].second), Path::new("x/Bob/Bob_0003.jpg"));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = format!("{:#}", parse("1 1\nAnn 1\n").unwrap_err());
        assert!(error.contains("line 2"), "{error}");
        assert!(parse("").is_err());
        assert!(parse("x\n").is_err());
    }
}
