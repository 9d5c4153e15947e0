//! What was found and done, in words.

use std::collections::BTreeMap;
use std::fmt;

use super::DeepCheck;

/// What was found of one event.
#[derive(Debug, Default)]
pub(super) struct Report {
    lost: Vec<String>,
    lost_before: u64,
    troubles: Vec<String>,
    repaired: BTreeMap<&'static str, u64>,
    notes: Vec<String>,
}

impl Report {
    /// Something is gone for good.
    pub(super) fn lost(&mut self, what: String) {
        self.lost.push(what);
    }

    /// Something is gone for good, and its row says so already.
    pub(super) fn lost_before(&mut self) {
        self.lost_before += 1;
    }

    /// Notes how much of that there is.
    pub(super) fn note_lost_before(&mut self) {
        if self.lost_before > 0 {
            let count = self.lost_before;
            self.note(format!("{count} photos had lost their original before: upload them again"));
        }
    }

    /// Something could not be checked or done.
    pub(super) fn trouble(&mut self, what: String) {
        self.troubles.push(what);
    }

    /// How many things could not be checked or done.
    pub(super) fn troubles(&self) -> usize {
        self.troubles.len()
    }

    /// `count` things were found wrong and are right now (or would be, without `--dry-run`).
    pub(super) fn repaired(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.repaired.entry(what).or_default() += count;
        }
    }

    /// Nothing is wrong, but a person may want to know.
    pub(super) fn note(&mut self, what: String) {
        self.notes.push(what);
    }

    /// Tells it under `title`.
    pub(super) fn say(&self, title: &str, check: &DeepCheck<'_>) {
        let quiet = self.lost.is_empty() && self.troubles.is_empty() && self.repaired.is_empty();
        (check.say)(&if quiet { format!("{title}: all is well") } else { format!("{title}:") });
        let repaired = if check.dry_run { "found   " } else { "repaired" };
        let counted = self.repaired.iter().map(|(what, count)| format!("{count} × {what}"));
        let each = |label: &str, lines: &mut dyn Iterator<Item = String>| {
            lines.for_each(|line| (check.say)(&format!("  {label}  {line}")));
        };
        each("LOST    ", &mut self.lost.iter().cloned());
        each("TROUBLE ", &mut self.troubles.iter().cloned());
        each(repaired, &mut { counted });
        each("note    ", &mut self.notes.iter().cloned());
    }
}

/// What was found in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Photos whose original is gone or damaged, found by this check.
    pub lost: usize,
    /// What could not be checked or done.
    pub troubles: usize,
    /// What was wrong and was, or would be, repaired.
    pub repaired: u64,
    dry_run: bool,
}

impl Summary {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    pub(super) fn add(&mut self, report: &Report) {
        self.lost += report.lost.len();
        self.troubles += report.troubles.len();
        self.repaired += report.repaired.values().sum::<u64>();
    }

    /// Whether all is well now.
    pub fn is_well(&self) -> bool {
        self.lost == 0 && self.troubles == 0 && (self.repaired == 0 || !self.dry_run)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, troubles, repaired, dry_run } = self;
        if *lost == 0 && *troubles == 0 && *repaired == 0 {
            return f.write_str("All is well.");
        }
        let done = if *dry_run { "could be repaired: run it without --dry-run" } else { "were repaired" };
        write!(f, "{lost} originals are lost, {troubles} things could not be checked, {repaired} {done}.")
    }
}
