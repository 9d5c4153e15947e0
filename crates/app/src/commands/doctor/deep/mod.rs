//! `findme doctor --deep`: every photo's row against its files, both ways, and the repairs.
//!
//! It runs beside servers and workers. What it finds it finds without a lock; before it repairs a photo it looks at the
//! row again under the event's lock, and before it deletes a file it looks again whether that is anybody's.
//!
//! ## Why
//! - The names of an event's blobs are held in memory while its rows pass by, page by page: about 100 bytes per photo,
//!   so 10 MB for an event of 100,000. Asking the store for each blob by itself would take hours over S3.
//! - What is younger than an hour belongs to somebody who is about to write its row, and is left alone.
//! - No row is made up for a file without one: who uploaded it, and whether it was deleted, nobody knows.

mod blobs_of_event;
mod event;
mod judge;
mod report;
mod strays;

use std::process::ExitCode;

use anyhow::bail;
use blobs::Blobs;
use domain::{Clock, Entropy};
use indicatif::{ProgressBar, ProgressStyle};
use store::Store;
use store::deep_check::{self, EventRow};
use time::{Duration, OffsetDateTime};

use crate::config::Config;
use crate::{Installation, say};

pub use report::Summary;

/// Events asked for at once.
const EVENTS_PAGE: i64 = 100;
/// A file that is younger may be on its way to a row.
const YOUNG: Duration = Duration::hours(1);

/// A check of everything.
pub struct DeepCheck<'a> {
    /// The database.
    pub store: &'a Store,
    /// Photo bytes.
    pub blobs: &'a Blobs,
    /// The time.
    pub clock: &'a Clock,
    /// For the ids of new jobs.
    pub entropy: &'a Entropy,
    /// Only to tell, not to repair.
    pub dry_run: bool,
    /// Takes a line for the person who asked.
    pub say: &'a (dyn Fn(&str) + Sync),
}

impl std::fmt::Debug for DeepCheck<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeepCheck").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

pub(crate) async fn run(dry_run: bool, config: &Config) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config).await?;
    let check = DeepCheck {
        store: &installation.store,
        blobs: &installation.blobs,
        clock: &installation.clock,
        entropy: &installation.entropy,
        dry_run,
        say: &|line| say(line),
    };
    let checked = check.run(&progress()).await;
    installation.close().await?;
    Ok(if checked?.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} photos  {per_sec}  {eta} left  {msg}")
        .expect("the template is right");
    ProgressBar::new(0).with_style(style)
}

impl DeepCheck<'_> {
    /// Checks and repairs everything; `bar` moves by one per photo.
    ///
    /// # Errors
    /// When the database or the photo store is away.
    pub async fn run(&self, bar: &ProgressBar) -> anyhow::Result<Summary> {
        let mut summary = Summary::new(self.dry_run);
        bar.set_message("listing the photo store");
        let found = self.look_over_store().await?;
        let mut after = None;
        loop {
            let events = self.events_behind(after).await?;
            let Some(last) = events.last() else { break };
            after = Some(last.event_id);
            bar.inc_length(events.iter().map(|event| u64::try_from(event.photos).unwrap_or(0)).sum());
            for event in &events {
                if found.is_empty() && event.photos > 0 {
                    bail!(
                        "the photo store is empty and the database has photos of {}: nothing was changed; check that \
                         the photo store is the right one and, if it is a folder, that its disk is mounted",
                        event.name
                    );
                }
                bar.set_message(event.name.clone());
                let report = self.event(event, bar).await?;
                let title = format!("{} ({}), {} photos", event.name, event.slug, event.photos);
                bar.suspend(|| report.say(&title, self));
                summary.add(&report);
            }
        }
        let report = self.strays(found).await?;
        bar.finish_and_clear();
        report.say("files of no event", self);
        summary.add(&report);
        (self.say)(&summary.to_string());
        Ok(summary)
    }

    async fn events_behind(&self, after: Option<domain::EventId>) -> anyhow::Result<Vec<EventRow>> {
        let mut tx = self.store.begin_job().await?;
        Ok(deep_check::events(&mut tx, after, EVENTS_PAGE).await?)
    }

    /// Files written before this moment have their row by now, if they ever get one.
    fn settled_before(&self) -> OffsetDateTime {
        self.clock.now() - YOUNG
    }
}
