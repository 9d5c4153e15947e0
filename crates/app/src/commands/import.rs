//! `findme import`: the photographs of a folder go into an event and are read, with a progress bar.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::{Digest, EventId, EventName, Language, PhotoState};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressStyle};
use intake::{Bytes, Incoming, Receipt, Receiver, SIZE_BYTES_MAX};
use recognizer::SNIFF_BYTES;
use sha2::{Digest as _, Sha256};
use store::event::{Event, NewEvent};
use store::photo::Counts;
use store::photo_list::Filter;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{Notify, watch};
use web::error::Code;

use crate::cli::Import;
use crate::config::Config;
use crate::{Installation, say};

/// Files taken in at once.
const FILES_AT_ONCE: usize = 4;
/// Exit code when the import ended but some files could not be read.
const SOME_FAILED: u8 = 2;

pub(crate) async fn run(arguments: Import, config: &Config) -> anyhow::Result<ExitCode> {
    let name = EventName::parse(&arguments.event).context("--event")?;
    let files = files_in(&arguments.dir)?;
    let installation = Installation::open(config).await?;
    let imported = import(&installation, &name, files).await;
    installation.close().await?;
    let summary = imported?;
    if arguments.json {
        summary.say_json();
    } else {
        summary.say();
    }
    Ok(if summary.troubles.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// What an import did.
struct Summary {
    accepted: usize,
    duplicates: usize,
    /// Files that could not be taken in or read, with the reason.
    troubles: Vec<String>,
    counts: Counts,
    took: Duration,
    event: Event,
}

async fn import(
    installation: &Installation,
    name: &EventName,
    files: Vec<PathBuf>,
) -> anyhow::Result<Summary> {
    let recognizer = installation.recognizer()?;
    let event = event_named(installation, name, recognizer.pack_name()).await?;
    if let recognizer::Recognizer::Local(local) = &recognizer {
        local.open_ingest(&event.pack)?;
    }
    let before = counts(installation, event.event_id).await?;
    let began = Instant::now();
    let wake = Arc::new(Notify::new());
    let worker = installation.worker(&recognizer, Arc::clone(&wake));
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(async move { worker.run(stopped).await });
    let bar = bar(files.len() as u64 + u64::try_from(before.unread()).unwrap_or(0));
    let mut summary = Summary {
        accepted: 0,
        duplicates: 0,
        troubles: Vec::new(),
        counts: before,
        took: Duration::ZERO,
        event,
    };
    let taken = take_in(installation, &files, &wake, &bar, &mut summary).await;
    let read = match taken {
        Ok(()) => wait_until_read(installation, &bar, &mut summary, before).await,
        Err(error) => Err(error),
    };
    summary.took = began.elapsed();
    stop.send_replace(true);
    wake.notify_waiters();
    working.await?;
    bar.finish_and_clear();
    read?;
    list_failed(installation, &mut summary).await?;
    Ok(summary)
}

async fn event_named(installation: &Installation, name: &EventName, pack: &str) -> anyhow::Result<Event> {
    let mut tx = installation.store.begin().await?;
    if let Some(event) = store::event::by_name(&mut tx, name).await? {
        return Ok(event);
    }
    let new = NewEvent {
        event_id: EventId::from_entropy(&installation.entropy),
        name,
        held_on: None,
        pack,
        created_by: None,
        created_at: installation.clock.now(),
    };
    let event = store::event::insert(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(event)
}

async fn counts(installation: &Installation, event_id: EventId) -> anyhow::Result<Counts> {
    let mut tx = installation.store.begin().await?;
    Ok(store::photo::counts(&mut tx, event_id).await?)
}

/// All files below `folder` but hidden ones, in order of their names.
fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        bail!("{} is not a folder", folder.display());
    }
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = entry.with_context(|| format!("{} cannot be listed", folder.display()))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        bail!("{} has no files", folder.display());
    }
    Ok(files)
}

fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} photos  {per_sec}  {eta} left  {msg}")
        .expect("the template is right");
    ProgressBar::new(length).with_style(style)
}

async fn take_in(
    installation: &Installation,
    files: &[PathBuf],
    wake: &Notify,
    bar: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let (receiver, event_id) = (installation.receiver(), summary.event.event_id);
    let mut waiting = files.iter();
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < FILES_AT_ONCE
            && let Some(path) = waiting.next()
        {
            let receipt = take_in_one(&receiver, event_id, path);
            under_way.push(async move { (path, receipt.await) });
        }
        let Some((path, receipt)) = under_way.next().await else { break };
        match receipt? {
            Ok(Receipt::Accepted(_)) => {
                summary.accepted += 1;
                wake.notify_one();
            }
            Ok(Receipt::Duplicate(_)) => {
                summary.duplicates += 1;
                bar.inc(1);
            }
            Ok(Receipt::Rejected(code)) => {
                let code = Code::named(&code).unwrap_or(Code::NotAPhoto);
                summary.troubles.push(format!("{}: {}", path.display(), code.sentence(Language::En)));
                bar.inc(1);
            }
            Err(reason) => {
                summary.troubles.push(format!("{}: {reason:#}", path.display()));
                bar.inc(1);
            }
        }
        bar.set_message(format!("{} received", summary.accepted));
    }
    Ok(())
}

/// Outer error: the import cannot go on. Inner: this file cannot be read.
async fn take_in_one(
    receiver: &Receiver,
    event_id: EventId,
    path: &Path,
) -> anyhow::Result<Result<Receipt, anyhow::Error>> {
    let (sha256, size_bytes, head) = match examine(path).await {
        Ok(examined) => examined,
        Err(error) => return Ok(Err(error)),
    };
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let incoming = Incoming {
        event_id,
        file_name: &file_name,
        batch_id: None,
        upload_id: None,
        bytes: Bytes::File(path),
        sha256,
        size_bytes,
        head: &head,
        uploaded_by: None,
    };
    Ok(Ok(receiver.receive(&incoming).await?))
}

async fn examine(path: &Path) -> anyhow::Result<(Digest, u64, Vec<u8>)> {
    let mut file = tokio::fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    if length > SIZE_BYTES_MAX {
        bail!("it is larger than {} MiB", SIZE_BYTES_MAX / 1024 / 1024);
    }
    let (mut hasher, mut size_bytes, mut head) = (Sha256::new(), 0_u64, Vec::with_capacity(SNIFF_BYTES));
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).await?;
        let part = &buffer[..read];
        if part.is_empty() {
            return Ok((Digest(hasher.finalize().into()), size_bytes, head));
        }
        size_bytes += read as u64;
        head.extend_from_slice(&part[..read.min(SNIFF_BYTES - head.len())]);
        hasher.update(part);
    }
}

/// Waits until nothing of the event is waiting any more.
async fn wait_until_read(
    installation: &Installation,
    bar: &ProgressBar,
    summary: &mut Summary,
    before: Counts,
) -> anyhow::Result<()> {
    let outside = bar.position();
    loop {
        let now = counts(installation, summary.event.event_id).await?;
        let done = (now.ready + now.failed) - (before.ready + before.failed);
        bar.set_position(outside + u64::try_from(done).unwrap_or(0));
        bar.set_message(format!("{} faces", now.faces));
        summary.counts = now;
        if now.unread() == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn list_failed(installation: &Installation, summary: &mut Summary) -> anyhow::Result<()> {
    let mut tx = installation.store.begin().await?;
    let event_id = summary.event.event_id;
    let failed = Filter { state: Some(PhotoState::Failed), ..Filter::default() };
    for photo in store::photo_list::list(&mut tx, event_id, &failed, None, 10_000).await? {
        let reason = photo.failure_detail.unwrap_or_default();
        summary.troubles.push(format!("{}: {reason}", photo.file_name));
    }
    Ok(())
}

impl Summary {
    fn say(&self) {
        let Counts { received, ready, without_faces, faces, .. } = self.counts;
        say(format_args!(
            "{}: {} new photos, {} there already, in {:.1} s",
            self.event.name,
            self.accepted,
            self.duplicates,
            self.took.as_secs_f64()
        ));
        say(format_args!(
            "The event has {received} photos: {ready} ready with {faces} faces, {without_faces} of them without a face."
        ));
        if !self.troubles.is_empty() {
            say(format_args!("{} files could not be read:", self.troubles.len()));
            self.troubles.iter().for_each(|trouble| say(format_args!("  {trouble}")));
        }
        say(format_args!("Its page is /e/{}", self.event.slug));
    }

    fn say_json(&self) {
        let seconds = self.took.as_secs_f64();
        say(serde_json::json!({
            "photos": self.accepted,
            "duplicates": self.duplicates,
            "faces": self.counts.faces,
            "seconds": seconds,
            "ready": self.counts.ready,
            "troubles": self.troubles,
        }));
    }
}
