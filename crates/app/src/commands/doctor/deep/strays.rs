//! What the photo store has that belongs to no event.

use std::collections::{BTreeMap, HashSet};

use blobs::StoredKey;
use domain::EventId;
use futures::TryStreamExt as _;
use store::deep_check;
use time::{Duration, OffsetDateTime};

use super::DeepCheck;
use super::report::Report;

/// Names of other files that are told; the rest is counted.
const NAMES_MAX: usize = 20;
/// A file on its way to its key is written to at least this often.
const STAGING_MAX: Duration = Duration::days(1);

/// What the photo store has, event by event.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// When the newest blob of each event was written.
    events: BTreeMap<EventId, OffsetDateTime>,
    other_names: Vec<String>,
    others: u64,
}

impl Found {
    /// Whether the store has nothing of any event.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl DeepCheck<'_> {
    /// Looks over the whole store.
    pub(super) async fn look_over_store(&self) -> anyhow::Result<Found> {
        let mut found = Found::default();
        let mut blobs = self.blobs.list_all();
        while let Some(info) = blobs.try_next().await? {
            if let Some(event_id) = info.key.event_id() {
                let newest = found.events.entry(event_id).or_insert(info.modified_at);
                *newest = info.modified_at.max(*newest);
            } else if let StoredKey::Other(name) = info.key {
                found.others += 1;
                if found.other_names.len() < NAMES_MAX {
                    found.other_names.push(name);
                }
            }
        }
        Ok(found)
    }

    /// Deletes what belongs to no event, and what killed processes left.
    pub(super) async fn strays(&self, found: Found) -> anyhow::Result<Report> {
        let mut report = Report::default();
        let seen: Vec<EventId> = found.events.keys().copied().collect();
        let known = self.known(&seen).await?;
        if known.is_empty() && !seen.is_empty() {
            report.trouble(format!(
                "the photo store has files of {} events and the database knows none of them: nothing of them was \
                 deleted; check that DATABASE_URL and the photo store belong together",
                seen.len()
            ));
        } else {
            let settled = self.settled_before();
            let strange = found.events.iter().filter(|(event, at)| !known.contains(event) && **at < settled);
            for (event_id, _) in strange {
                self.unknown_event(*event_id, &mut report).await?;
            }
        }
        for name in &found.other_names {
            report.note(format!("{name} is not FindMe's; it is left alone"));
        }
        let more = found.others.saturating_sub(found.other_names.len() as u64);
        if more > 0 {
            report.note(format!("and {more} more"));
        }
        self.staging(&mut report).await?;
        Ok(report)
    }

    async fn known(&self, event_ids: &[EventId]) -> anyhow::Result<HashSet<EventId>> {
        let mut tx = self.store.begin_job().await?;
        Ok(deep_check::known_events(&mut tx, event_ids).await?.into_iter().collect())
    }

    async fn unknown_event(&self, event_id: EventId, report: &mut Report) -> anyhow::Result<()> {
        if self.known(&[event_id]).await?.contains(&event_id) {
            return Ok(());
        }
        report.repaired("event that does not exist: its files deleted", 1);
        if !self.dry_run {
            self.blobs.delete_event(event_id).await?;
        }
        Ok(())
    }

    async fn staging(&self, report: &mut Report) -> anyhow::Result<()> {
        let old = self.clock.now() - STAGING_MAX;
        let mut files = self.blobs.list_staging();
        while let Some(file) = files.try_next().await? {
            if file.modified_at < old {
                report.repaired("file of an interrupted write: deleted", 1);
                if !self.dry_run {
                    self.blobs.delete_staging(&file).await?;
                }
            }
        }
        Ok(())
    }
}
