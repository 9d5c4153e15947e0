//! `findme eval pairs`: verification of pairs, after the protocol of Labeled Faces in the Wild.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::Embedding;
use engine::Engine;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::report::FALSE_RATES;
use super::roc::{Curve, Trial, interval};
use super::scores::{Folds, Pair, over_folds};
use super::{bar, open_engine, percent, read};
use crate::cli::EvalPairs;
use crate::config::Config;
use crate::say;

/// A picture of the protocol: a person's name and a number.
type Picture = (String, u32);

/// A pair of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    first: Picture,
    second: Picture,
    fold: usize,
}

pub(crate) fn run(config: &Config, arguments: &EvalPairs) -> anyhow::Result<ExitCode> {
    let EvalPairs { pairs, images, wrong } = arguments;
    let text =
        std::fs::read_to_string(pairs).with_context(|| format!("{} cannot be read", pairs.display()))?;
    let listed = parse(&text).with_context(|| pairs.display().to_string())?;
    let (engine, _) = open_engine(config)?;
    let (embeddings, unusable) = embed_all(&engine, images, &listed)?;
    let scored: Vec<Pair> = listed.iter().map(|pair| score(pair, &embeddings)).collect();
    let folds = over_folds(&scored);
    tell(&scored, &folds);
    tell_unusable(&listed, &embeddings, &unusable);
    if *wrong {
        tell_wrong(&listed, &scored, &folds);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(scored: &[Pair], folds: &Folds) {
    let Folds { mean, standard_error, thresholds } = folds;
    let right = scored.iter().filter(|pair| pair.is_right(thresholds[pair.fold])).count();
    let (low, high) = interval(right, scored.len());
    say(format_args!("{} pairs in {} folds", scored.len(), thresholds.len()));
    say(format_args!("accuracy {mean:.4} ± {standard_error:.4} (mean of the folds and its standard error)"));
    say(format_args!(
        "{right} of {} pairs right; 95 % interval, as if pairs were independent: {low:.4} to {high:.4}",
        scored.len()
    ));
    let trials: Vec<Trial> = scored.iter().map(|pair| Trial { score: pair.score, same: pair.same }).collect();
    let curve = Curve::of(&trials);
    for rate in FALSE_RATES {
        match curve.at_false_rate(rate) {
            Some(point) => say(format_args!(
                "TAR {:.4} at FAR {rate:.0e} (score {:.3} or more)",
                curve.true_rate(point),
                point.threshold
            )),
            None => say(format_args!(
                "TAR at FAR {rate:.0e}: needs {:.0} pairs of two people, there are {}",
                1.0 / rate,
                curve.different
            )),
        }
    }
}

fn tell_unusable(listed: &[Listed], embeddings: &Embeddings, unusable: &[String]) {
    let without = listed
        .iter()
        .filter(|pair| !embeddings.contains_key(&pair.first) || !embeddings.contains_key(&pair.second));
    say(format_args!(
        "{} of {} pictures without a usable face; the {} pairs with one of them count as different",
        unusable.len(),
        embeddings.len() + unusable.len(),
        without.count()
    ));
    for line in unusable {
        say(format_args!("not usable: {line}"));
    }
    say(format_args!(
        "share of pictures used: {}",
        percent(embeddings.len(), embeddings.len() + unusable.len())
    ));
}

fn tell_wrong(listed: &[Listed], scored: &[Pair], folds: &Folds) {
    for (listed, pair) in listed.iter().zip(scored) {
        let threshold = folds.thresholds[pair.fold];
        if !pair.is_right(threshold) {
            let ((first, n), (second, m)) = (&listed.first, &listed.second);
            say(format_args!(
                "wrong: {first} {n}, {second} {m}: {}, score {:.3}, threshold {threshold:.3}",
                if pair.same { "one person" } else { "two people" },
                pair.score
            ));
        }
    }
}

/// LFW's pairs.txt: a line "folds pairs", then per fold so many lines "name n m" (one person) and as many
/// "name n name m" (two). A file of one fold has only the number of pairs on its first line. Where a line has tabs, only
/// they separate, so that names may have spaces.
fn parse(text: &str) -> anyhow::Result<Vec<Listed>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().context("the file is empty")?;
    let numbers = header.split_whitespace().map(str::parse).collect::<Result<Vec<usize>, _>>();
    let (folds, per_kind) = match numbers.as_deref() {
        Ok([folds, per_kind]) if *folds > 0 && *per_kind > 0 => (*folds, *per_kind),
        Ok([per_kind]) if *per_kind > 0 => (1, *per_kind),
        _ => bail!("line 1 must be the numbers of folds and of pairs, such as \"10 300\""),
    };
    let pairs = lines
        .enumerate()
        .map(|(index, (number, line))| {
            let fold = index / (2 * per_kind);
            listed(line, fold).with_context(|| format!("line {} is no pair: {line:?}", number + 1))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    if pairs.len() != folds * per_kind * 2 {
        bail!("line 1 promises {} pairs, there are {}", folds * per_kind * 2, pairs.len());
    }
    Ok(pairs)
}

fn listed(line: &str, fold: usize) -> Option<Listed> {
    let line = line.trim();
    let words: Vec<&str> =
        if line.contains('\t') { line.split('\t').collect() } else { line.split_whitespace().collect() };
    let picture = |name: &str, number: &str| Some((name.to_owned(), number.parse().ok()?));
    let (first, second) = match words.as_slice() {
        [name, n, m] => (picture(name, n)?, picture(name, m)?),
        [name, n, other, m] => (picture(name, n)?, picture(other, m)?),
        _ => return None,
    };
    Some(Listed { first, second, fold })
}

type Embeddings = BTreeMap<Picture, Embedding>;

fn embed_all(engine: &Engine, images: &Path, pairs: &[Listed]) -> anyhow::Result<(Embeddings, Vec<String>)> {
    let pictures: BTreeSet<&Picture> = pairs.iter().flat_map(|pair| [&pair.first, &pair.second]).collect();
    let pictures: Vec<&Picture> = pictures.into_iter().collect();
    let bar = bar("pictures", pictures.len());
    let read: Vec<_> = pictures
        .par_iter()
        .map(|picture| {
            let file = file_of(images, picture);
            let embedding = engine.central_face(&read(&file)?).map(|face| face.embedding);
            bar.inc(1);
            anyhow::Ok((*picture, file, embedding))
        })
        .collect::<anyhow::Result<_>>()?;
    bar.finish_and_clear();
    let (mut embeddings, mut unusable) = (Embeddings::new(), Vec::new());
    for (picture, file, embedding) in read {
        match embedding {
            Ok(embedding) => drop(embeddings.insert(picture.clone(), embedding)),
            Err(error) => unusable.push(format!("{}: {error}", file.display())),
        }
    }
    Ok((embeddings, unusable))
}

/// The first that is there; otherwise the name that LFW would give it, for the message.
fn file_of(images: &Path, (name, number): &Picture) -> PathBuf {
    let file = |extension: &str| images.join(name).join(format!("{name}_{number:04}.{extension}"));
    let names = ["jpg", "jpeg", "png", "webp", "JPG"].map(file);
    let there = names.iter().find(|file| file.exists());
    there.unwrap_or(&names[0]).clone()
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
    fn tabs_leave_spaces_in_names() {
        let pairs = parse("1\nAnn Lee\t1\t2\nAnn Lee\t1\tBob\t3\n").unwrap();
        assert_eq!((pairs[0].first.clone(), pairs[1].second.1), (("Ann Lee".to_owned(), 1), 3));
    }

    #[test]
    fn pictures_may_have_another_kind() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Ann")).unwrap();
        std::fs::write(folder.path().join("Ann/Ann_0002.png"), "").unwrap();
        let file = file_of(folder.path(), &("Ann".to_owned(), 2));
        assert!(file.ends_with("Ann/Ann_0002.png"), "{}", file.display());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = format!("{:#}", parse("1 1\nAnn 1\n").unwrap_err());
        assert!(error.contains("line 2"), "{error}");
        assert!(parse("").is_err());
        assert!(parse("x\n").is_err());
        let error = format!("{:#}", parse("2 1\nAnn 1 2\nAnn 1 Bob 3\n").unwrap_err());
        assert!(error.contains("promises 4"), "{error}");
    }
}
