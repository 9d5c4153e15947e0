//! An evaluation as one HTML file that a photographer can read: pictures and all, without a script and without a word to
//! the network.

mod charts;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{Band, BoxPx, Language, PhotoId};

use super::album::{Photo, Picture};
use super::event::{Evaluation, Search, Tallies, Verdict};
use super::json::thinned as json_points;
use super::roc::share;
use super::scores::Tally;
use words::Words;

/// Most names below one photo; a group may have thirty.
const NAMES_MAX: usize = 3;

/// The page.
pub(super) fn page(evaluation: &Evaluation<'_>, language: Language) -> String {
    let numbers = evaluation.album.photos.keys().enumerate().map(|(number, id)| (*id, number)).collect();
    let sheet = Sheet { evaluation, language, words: Words::of(language), numbers };
    let Words { code, title, .. } = sheet.words;
    let (style, head, people, pictures) =
        (include_str!("sheet.css"), sheet.head(), sheet.people(), sheet.pictures());
    // The policy holds the browser to what is promised: nothing is fetched, nothing is run.
    format!(
        r#"<!doctype html>
<html lang="{code}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
<main>
{head}
{people}
</main>
{pictures}
</html>
"#
    )
}

/// Text that shows as it is, also in an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

struct Sheet<'a> {
    evaluation: &'a Evaluation<'a>,
    language: Language,
    words: &'static Words,
    /// By which number the page knows a photo.
    numbers: BTreeMap<PhotoId, usize>,
}

/// Which photos of a search a list shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missed,
    Wrong,
    Found,
}

impl Kind {
    fn of(verdict: &Verdict) -> Option<Self> {
        match (verdict.is_theirs, verdict.band().is_some()) {
            (true, true) => Some(Self::Found),
            (true, false) => Some(Self::Missed),
            (false, true) => Some(Self::Wrong),
            (false, false) => None,
        }
    }
}

impl Sheet<'_> {
    fn head(&self) -> String {
        let Words { title, private, mine, maybe, how, limits, .. } = self.words;
        let (evaluation, language) = (self.evaluation, self.language);
        let Tallies { sure, both } = evaluation.tallies();
        let measured = words::measured(
            evaluation.album.photos.len(),
            evaluation.album.gallery.len(),
            evaluation.searches.len(),
            &escaped(&evaluation.pack),
            language,
        );
        let bands = words::bands(evaluation.thresholds.sure, evaluation.thresholds.maybe, language);
        let (sure, both) = (self.headline(mine, sure), self.headline(maybe, both));
        let charts = charts::charts(evaluation, self.words, language);
        let mut head = format!(
            r#"<p class="private">{private}</p>
<h1>{title}</h1>
<p class="soft">{measured}</p>
<div class="headlines">{sure}{both}</div>
<p class="soft">{how} {bands} {limits}</p>
<div class="charts">{charts}</div>"#
        );
        if !evaluation.album.unreadable.is_empty() {
            let lines = evaluation.album.unreadable.iter().map(|line| format!("<li>{}</li>", escaped(line)));
            let lines: String = lines.collect();
            let _ = write!(head, "<h2>{}</h2><ul>{lines}</ul>", self.words.unreadable);
        }
        head
    }

    fn headline(&self, name: &str, Tally { found, missed, wrong }: Tally) -> String {
        let theirs = found + missed;
        let (hundred, thousand) =
            (rounded(share(found, theirs) * 100.0), rounded(share(wrong, found + wrong) * 1000.0));
        format!(
            r#"<section class="card"><h2>{name}</h2><p class="large">{}</p><p class="large">{}</p><p class="soft">{}</p></section>"#,
            words::of_a_person(hundred, self.language),
            words::of_those_shown(thousand, self.language),
            words::counted(found, theirs, wrong, self.language)
        )
    }

    /// Worst first, by the share of errors in what should have been shown or was: it counts both kinds.
    fn people(&self) -> String {
        let mut people: Vec<_> = self.evaluation.by_person().into_iter().collect();
        let tallies = self.evaluation.people();
        let both = |person: &str| tallies.get(person).map_or_else(Tally::default, |tallies| tallies.both);
        let errors = |person: &str| {
            let Tally { found, missed, wrong } = both(person);
            share(missed + wrong, found + missed + wrong)
        };
        people.sort_by(|(a, _), (b, _)| errors(b).total_cmp(&errors(a)).then(a.cmp(b)));
        let (good, bad): (Vec<_>, Vec<_>) = people.into_iter().partition(|(person, searches)| {
            let is_usable = searches.iter().all(|search| search.query.embedding.is_ok());
            is_usable && both(person).missed + both(person).wrong == 0
        });
        let Words { people, worst_first, without_error, .. } = self.words;
        let cards = |list: Vec<(&str, Vec<&Search<'_>>)>| -> String {
            list.into_iter().map(|(person, searches)| self.person(person, both(person), &searches)).collect()
        };
        let (count, bad, good) = (good.len(), cards(bad), cards(good));
        format!(
            r#"<h2 class="break">{people}</h2><p class="soft">{worst_first}</p>{bad}<details class="good"><summary>{without_error} ({count})</summary>{good}</details>"#
        )
    }

    fn person(
        &self,
        person: &str,
        Tally { found, missed, wrong }: Tally,
        searches: &[&Search<'_>],
    ) -> String {
        let fared = words::fared(found, found + missed, wrong, self.language);
        let searches: String = searches.iter().map(|search| self.search(search)).collect();
        format!(
            r#"<article class="card"><header><h3>{}</h3><span class="soft">{fared}</span></header>{searches}</article>"#,
            escaped(person)
        )
    }

    fn search(&self, search: &Search<'_>) -> String {
        let Words { selfie, unusable, no_picture, .. } = self.words;
        let file = escaped(&search.query.file);
        let picture = search.query.picture.as_ref().map_or_else(
            || format!(r#"<span class="blank">{no_picture}</span>"#),
            |Picture { jpeg, .. }| format!(r#"<img src="{}" alt="{selfie} {file}">"#, data_uri(jpeg)),
        );
        let problem = search.query.embedding.as_ref().err();
        let problem =
            problem.map(|reason| format!(r#"<p class="error">{unusable}: {}</p>"#, escaped(reason)));
        let lists = [Kind::Missed, Kind::Wrong, Kind::Found].map(|kind| self.list(search, kind)).concat();
        format!(
            r#"<section class="search"><figure class="selfie">{picture}<figcaption>{selfie}</figcaption></figure><div>{}{lists}</div></section>"#,
            problem.unwrap_or_default()
        )
    }

    /// Photos of one kind, those next to the wrong side of the bands first; none, no list.
    fn list(&self, search: &Search<'_>, kind: Kind) -> String {
        let mut verdicts: Vec<&Verdict> =
            search.verdicts.iter().filter(|verdict| Kind::of(verdict) == Some(kind)).collect();
        verdicts.sort_by(|a, b| b.score().total_cmp(&a.score()));
        let count = verdicts.len();
        let tiles: String = verdicts.into_iter().map(|verdict| self.tile(verdict, kind)).collect();
        let name = match kind {
            Kind::Missed => self.words.missed,
            Kind::Wrong => self.words.wrong,
            Kind::Found => self.words.found,
        };
        match (count, kind) {
            (0, _) => String::new(),
            (_, Kind::Found) => {
                format!(
                    r#"<details><summary>{name} ({count})</summary><div class="tiles">{tiles}</div></details>"#
                )
            }
            (_, Kind::Missed | Kind::Wrong) => {
                format!(r#"<h4 class="error">{name} ({count})</h4><div class="tiles">{tiles}</div>"#)
            }
        }
    }

    fn tile(&self, verdict: &Verdict, kind: Kind) -> String {
        let photo = &self.evaluation.album.photos[&verdict.photo_id];
        let file = escaped(&photo.file);
        let score = verdict.answer.map(|answer| words::likeness(answer.score, self.language));
        let score = score.unwrap_or_else(|| self.words.no_face.to_owned());
        let band = match verdict.band() {
            Some(Band::Sure) => "sure",
            Some(Band::Maybe) => "maybe",
            None => "none",
        };
        let who = if kind == Kind::Wrong { self.who(photo) } else { String::new() };
        let picture = self.picture(verdict, photo);
        format!(
            r#"<figure class="tile">{picture}<figcaption><b class="{band}">{score}</b> <span>{file}</span>{who}</figcaption></figure>"#
        )
    }

    fn who(&self, photo: &Photo<'_>) -> String {
        let names: BTreeSet<&str> = photo.label.identities.iter().map(String::as_str).collect();
        let more = names.len().saturating_sub(NAMES_MAX);
        let listed: Vec<&str> = names.into_iter().take(NAMES_MAX).collect();
        let listed =
            if listed.is_empty() { self.words.nobody.to_owned() } else { escaped(&listed.join(", ")) };
        format!("<em>{}</em>", words::shows(&listed, more, self.language))
    }

    /// The photo with a frame around the face that the score is of.
    fn picture(&self, verdict: &Verdict, photo: &Photo<'_>) -> String {
        let Some(Picture { size: (width, height), .. }) = &photo.picture else {
            return format!(r#"<span class="blank">{}</span>"#, self.words.no_picture);
        };
        let face = verdict.answer.and_then(|answer| self.evaluation.album.faces.get(&answer.face_id));
        let frame = face.map(|bounds| frame(bounds, *width.max(height)));
        format!(
            r##"<svg viewBox="0 0 {width} {height}" role="img" aria-label="{}"><use href="#p{}"/>{}</svg>"##,
            escaped(&photo.file),
            self.numbers[&verdict.photo_id],
            frame.unwrap_or_default()
        )
    }

    /// Each photo once, however often it is shown.
    fn pictures(&self) -> String {
        let searches = self.evaluation.searches.iter();
        let shown =
            searches.flat_map(|search| &search.verdicts).filter(|verdict| Kind::of(verdict).is_some());
        let shown: BTreeSet<PhotoId> = shown.map(|verdict| verdict.photo_id).collect();
        let mut pictures = String::from(r#"<svg class="store" aria-hidden="true"><defs>"#);
        for photo_id in shown {
            if let Some(Picture { size: (width, height), jpeg }) =
                &self.evaluation.album.photos[&photo_id].picture
            {
                let _ = writeln!(
                    pictures,
                    r#"<image id="p{}" width="{width}" height="{height}" href="{}"/>"#,
                    self.numbers[&photo_id],
                    data_uri(jpeg)
                );
            }
        }
        pictures + "</defs></svg>"
    }
}

/// A frame that leaves a small face to be seen within: at least a twelfth of the photo's longer side.
#[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
fn frame(bounds: &BoxPx, long_side_px: u32) -> String {
    let least = long_side_px as f32 / 12.0;
    let (width, height) = (bounds.width.max(least), bounds.height.max(least));
    let (x, y) = (bounds.x - (width - bounds.width) / 2.0, bounds.y - (height - bounds.height) / 2.0);
    format!(r#"<rect x="{x:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}"/>"#)
}

fn data_uri(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
fn rounded(number: f64) -> usize {
    number.round() as usize
}

#[cfg(test)]
mod tests {
    use domain::{Embedding, FaceId, Thresholds};
    use engine::Gallery;
    use uuid::Uuid;

    use super::*;
    use crate::commands::eval::album::{Album, Query};
    use crate::commands::eval::answers::Answer;
    use crate::commands::eval::labels::Label;

    const BAD: &str = "<b onload=x>Ann & \"Bob\"</b>";
    const THRESHOLDS: Thresholds = Thresholds { sure: 0.28, maybe: 0.23 };

    fn photo_id(number: u128) -> PhotoId {
        PhotoId(Uuid::from_u128(number))
    }

    /// A picture in a page looks like what it is; three bytes are enough.
    fn picture() -> Picture {
        Picture { size: (600, 400), jpeg: vec![0xFF, 0xD8, 0xFF] }
    }

    fn album(labels: &[Label]) -> Album<'_> {
        let photos = labels.iter().enumerate().map(|(number, label)| {
            let photo = Photo { file: format!("photos/{number}<i>.jpg"), label, picture: Some(picture()) };
            (photo_id(number as u128), photo)
        });
        let bounds = BoxPx { x: 10.0, y: 20.0, width: 30.0, height: 60.0 };
        Album {
            gallery: Gallery::new(1),
            photos: photos.collect(),
            faces: [(FaceId(Uuid::nil()), bounds)].into(),
            unreadable: vec!["photos/<u>.jpg: the file is damaged".to_owned()],
        }
    }

    /// `scores`: of the photos, in their order.
    fn search<'a>(person: &'a str, label: &'a Label, scores: &[(f32, bool)]) -> Search<'a> {
        let embedding = Embedding::normalised(&[1.0]).map_err(|error| error.to_string());
        let verdicts = scores.iter().enumerate().map(|(number, (score, is_theirs))| {
            let band = THRESHOLDS.band(domain::Score(*score));
            let answer = Answer { face_id: FaceId(Uuid::nil()), score: *score, band };
            Verdict { photo_id: photo_id(number as u128), answer: Some(answer), is_theirs: *is_theirs }
        });
        let verdicts = verdicts.collect();
        let query = Query {
            file: format!("selfies/{person}.jpg"),
            person,
            label,
            embedding,
            picture: Some(picture()),
        };
        Search { query, verdicts }
    }

    fn labels() -> [Label; 3] {
        let names = |names: &[&str]| Label {
            identities: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Label::default()
        };
        [names(&[BAD]), names(&["Zoe"]), names(&[BAD, "Zoe"])]
    }

    fn sheet(language: Language) -> String {
        let labels = labels();
        let searches = vec![
            search("Abe", &labels[1], &[(0.1, false), (0.9, true), (0.9, true)]),
            search(BAD, &labels[0], &[(0.12, true), (0.24, false), (0.8, true)]),
            search("Zoe", &labels[1], &[(0.1, false), (0.25, true), (0.2, true)]),
        ];
        let evaluation =
            Evaluation { pack: "open".to_owned(), thresholds: THRESHOLDS, album: album(&labels), searches };
        page(&evaluation, language)
    }

    #[test]
    fn names_are_text_and_nothing_is_fetched() {
        for language in [Language::En, Language::Fr] {
            let page = sheet(language);
            assert!(page.contains("&lt;b onload=x&gt;Ann &amp; &quot;Bob&quot;&lt;/b&gt;"), "{page}");
            assert!(!page.contains("<b onload") && !page.contains("<i>.jpg") && !page.contains("<u>.jpg"));
            let addresses = ["http:", "https:", "//", "url(", "@import", "<script", "<link", "<iframe"];
            let found: Vec<&str> = addresses.into_iter().filter(|address| page.contains(address)).collect();
            assert!(found.is_empty(), "{found:?}");
            let sources =
                page.split(" src=\"").chain(page.split(" href=\"")).filter(|rest| !rest.starts_with('<'));
            let strange = sources
                .filter(|rest| !rest.starts_with("data:image/jpeg;base64,") && !rest.starts_with("#p"));
            assert_eq!(strange.count(), 0, "something is fetched");
        }
    }

    #[test]
    fn the_worst_come_first_and_the_faultless_last() {
        let page = sheet(Language::En);
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
        // Two of three are wrong for the first, one of two for the second, none for the third.
        let (first, second) = (place("1 of 2 found, 1 of somebody else"), place("1 of 2 found</span>"));
        assert!(first < second && second < place("Without any error (1)"));
        assert!(place("Without any error (1)") < place("2 of 2 found</span>"));
        // Three of six photos missed or found by selfie: 4 of 6 found, 1 of 5 shown is wrong.
        assert!(page.contains("Of 100 photos of a person, <b>67</b> are found."), "with both bands");
        assert!(page.contains("Of 1,000 photos shown, <b>200</b> show somebody else."));
        assert!(page.contains("Of 1,000 photos shown, <b>none</b> shows somebody else."), "surely");
    }

    #[test]
    fn tiles_tell_score_face_and_who_it_is() {
        let page = sheet(Language::Fr);
        // The photo is 600 pixels wide, so the frame is at least 50.
        let frame = r#"<rect x="0" y="20" width="50" height="60"/>"#;
        let missed = page.split("Manquées (1)").nth(1).unwrap();
        let tile = &missed[..missed.find("</figure>").unwrap()];
        assert!(
            tile.contains(frame) && tile.contains("0,12") && tile.contains(r##"<use href="#p0"/>"##),
            "{tile}"
        );
        let wrong = page.split("Quelqu’un d’autre (1)").nth(1).unwrap();
        let tile = &wrong[..wrong.find("</figure>").unwrap()];
        assert!(tile.contains("0,24") && tile.contains("<em>montre Zoe</em>"), "{tile}");
        // Photos 0, 1 and 2 are each stored once, however often they are shown.
        let stored: Vec<usize> =
            (0..3).map(|n| page.matches(&format!("<image id=\"p{n}\"")).count()).collect();
        assert_eq!(stored, [1, 1, 1]);
        assert!(page.contains("réservée à un usage local"));
    }
}
