//! What became of every file, for a person or a program.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Job;
use super::patience::Stop;
use crate::say;

/// Exit code when some files were not sent or cannot be read.
const SOME_FAILED: u8 = 2;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was sent now.
    Sent { photo_id: Option<String> },
    /// The event had it already.
    There { photo_id: Option<String> },
    /// It was not sent, or it was sent and cannot be read.
    Failed { code: String, reason: String },
}

impl Outcome {
    pub(super) fn photo_id(&self) -> Option<&str> {
        match self {
            Self::Sent { photo_id } | Self::There { photo_id } => photo_id.as_deref(),
            Self::Failed { .. } => None,
        }
    }
}

/// What became of all files; of one that was sent twice, what came last.
#[derive(Default)]
pub(super) struct Outcomes {
    files: BTreeMap<PathBuf, Outcome>,
}

impl Outcomes {
    pub(super) fn insert(&mut self, path: &Path, outcome: Outcome) {
        self.files.insert(path.to_owned(), outcome);
    }

    fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.files.values().filter(|outcome| which(outcome)).count()
    }

    fn failed(&self) -> impl Iterator<Item = (&PathBuf, &str, &str)> {
        self.files.iter().filter_map(|(path, outcome)| match outcome {
            Outcome::Failed { code, reason } => Some((path, code.as_str(), reason.as_str())),
            Outcome::Sent { .. } | Outcome::There { .. } => None,
        })
    }
}

#[derive(Deserialize)]
struct Page {
    photos: Vec<FailedPhoto>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct FailedPhoto {
    photo_id: String,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    detail: String,
}

/// Looks which of the sent files the server could not read.
pub(super) async fn name_unreadable(job: &Job) -> Result<(), Stop> {
    let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for (path, outcome) in &job.outcomes().files {
        if let Some(photo_id) = outcome.photo_id() {
            files.entry(photo_id.to_owned()).or_default().push(path.clone());
        }
    }
    let mut after = String::new();
    while !files.is_empty() {
        let path = job.server.of_event(&format!("/photos?state=failed&limit=500{after}"));
        let asked = job.persistently(async || job.server.ask::<Page>(Method::GET, &path, None).await).await?;
        let Ok(page) = asked else { break };
        for photo in page.photos {
            let reason = photo.reason.map_or_else(Default::default, |reason| (reason.code, reason.detail));
            for path in files.remove(&photo.photo_id).unwrap_or_default() {
                let (code, reason) = reason.clone();
                job.outcomes().insert(&path, Outcome::Failed { code, reason });
            }
        }
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    Ok(())
}

/// The end of a run.
pub(super) struct Summary<'a> {
    pub(super) job: &'a Job,
    /// Why it ended early.
    pub(super) stop: Option<Stop>,
}

impl Summary<'_> {
    /// Whether there was nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.job.board.figures().files == 0
    }

    /// Says it, and which exit code it means.
    pub(super) fn say(&self, as_json: bool) -> ExitCode {
        if as_json {
            self.say_json();
        } else {
            self.say_text();
        }
        let fine = self.stop.is_none() && self.unsent() == 0 && self.job.outcomes().failed().next().is_none();
        if fine { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) }
    }

    /// Files that nothing became of, as the run ended before.
    fn unsent(&self) -> u64 {
        let figures = self.job.board.figures();
        figures.files.saturating_sub(figures.files_done)
    }

    fn say_text(&self) {
        let (outcomes, figures) = (self.job.outcomes(), self.job.board.figures());
        let sent = outcomes.count(|outcome| matches!(outcome, Outcome::Sent { .. }));
        let there = outcomes.count(|outcome| matches!(outcome, Outcome::There { .. }));
        let seconds = self.job.board.seconds();
        say(format_args!("{sent} files sent, {there} there already, in {seconds:.1} s"));
        let counts = figures.counts;
        if counts.received > 0 {
            say(format_args!(
                "Of this batch {} photos are ready with {} faces, {} of them without a face; {} still wait.",
                counts.ready,
                counts.faces,
                counts.without_faces,
                counts.open()
            ));
        }
        let failed: Vec<_> = outcomes.failed().collect();
        if !failed.is_empty() {
            say(format_args!("{} files failed:", failed.len()));
            for (path, _, reason) in failed {
                say(format_args!("  {}: {reason}", path.display()));
            }
        }
        if let Some(stop) = &self.stop {
            say(format_args!("It ended early, as {stop}. {} files were not sent.", self.unsent()));
            say("Run the same command again to go on.");
        }
        if let Some(broken) = self.job.state(|state| state.broken()) {
            say(format_args!("The next run will have to ask for every file again: {broken}"));
        }
    }

    fn say_json(&self) {
        let (outcomes, figures) = (self.job.outcomes(), self.job.board.figures());
        let failed = outcomes.failed().map(|(path, code, reason)| {
            json!({ "file": path.display().to_string(), "code": code, "reason": reason })
        });
        say(json!({
            "batch_id": *self.job.batch.borrow(),
            "files": figures.files,
            "sent": outcomes.count(|outcome| matches!(outcome, Outcome::Sent { .. })),
            "there_already": outcomes.count(|outcome| matches!(outcome, Outcome::There { .. })),
            "failed": failed.collect::<Vec<_>>(),
            "not_sent": self.unsent(),
            "ended_early": self.stop.as_ref().map(ToString::to_string),
            "bytes": figures.bytes_sent,
            "ready": figures.counts.ready,
            "without_faces": figures.counts.without_faces,
            "faces": figures.counts.faces,
            "waiting": figures.counts.open(),
            "seconds": self.job.board.seconds(),
        }));
    }
}
