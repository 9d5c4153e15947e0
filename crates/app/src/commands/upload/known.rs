//! Asks which files the event has already, many at once.

use std::collections::HashSet;
use std::time::Duration;

use domain::Digest;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender};

use super::Job;
use super::batch::{self, NoBatch};
use super::files::{Hashed, Stamp};
use super::patience::Stop;
use super::state::Remembered;
use super::summary::Outcome;

/// SHA-256s per request; the server takes no more.
const AT_ONCE_MAX: usize = 1000;
/// Files are gathered for so long before they are asked about.
const GATHER: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
struct Answer {
    known: HashSet<Digest>,
}

/// Lets through what is not there.
pub(super) async fn skip_known(
    job: &Job,
    mut hashed: Receiver<Hashed>,
    new: Sender<Hashed>,
) -> Result<(), Stop> {
    loop {
        let files = gather(&mut hashed).await;
        if files.is_empty() {
            return Ok(());
        }
        let known = match ask(job, &files).await? {
            Ok(known) => known,
            Err(reason) => {
                refuse(job, &files, &reason);
                continue;
            }
        };
        let (there, missing): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| known.contains(&file.sha256));
        for file in &there {
            skip(job, file);
        }
        if missing.is_empty() {
            continue;
        }
        match batch::ensure(job).await {
            Ok(()) => {}
            Err(NoBatch::Stop(stop)) => return Err(stop),
            Err(NoBatch::Refused(reason)) => {
                refuse(job, &missing, &reason);
                continue;
            }
        }
        for file in missing {
            if new.send(file).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn refuse(job: &Job, files: &[Hashed], reason: &str) {
    for file in files {
        job.failed(&file.file, "refused", reason);
    }
}

/// The next files; none at the end.
async fn gather(hashed: &mut Receiver<Hashed>) -> Vec<Hashed> {
    let mut files = Vec::new();
    if hashed.recv_many(&mut files, AT_ONCE_MAX).await == 0 {
        return files;
    }
    // When the time is over, what was received so far stays in `files`.
    let _ = tokio::time::timeout(GATHER, async {
        loop {
            let room = AT_ONCE_MAX - files.len();
            if room == 0 || hashed.recv_many(&mut files, room).await == 0 {
                break;
            }
        }
    })
    .await;
    files
}

async fn ask(job: &Job, files: &[Hashed]) -> Result<Result<HashSet<Digest>, String>, Stop> {
    let digests: Vec<String> = files.iter().map(|file| file.sha256.to_string()).collect();
    let (path, body) = (job.server.of_event("/photos/known"), json!({ "sha256": digests }));
    let asked = job.persistently(async || job.server.ask::<Answer>(Method::POST, &path, Some(&body)).await);
    Ok(asked.await?.map(|answer| answer.known).map_err(|trouble| trouble.to_string()))
}

/// Asks whether what was sent is what was read here: the server names it by the SHA-256 of what arrived.
pub(super) async fn verify(job: &Job) -> Result<(), Stop> {
    let sent = std::mem::take(&mut *job.sent.lock().expect("no panic holds it"));
    for files in sent.chunks(AT_ONCE_MAX) {
        // A server that does not answer this has taken them all the same.
        let Ok(known) = ask(job, files).await? else { return Ok(()) };
        for file in files.iter().filter(|file| !known.contains(&file.sha256)) {
            // A stamp that no file has: the next run reads the file anew, and sends it.
            let never = Remembered { stamp: Stamp::default(), ..Remembered::unsent(file) };
            job.state(|state| state.remember(&file.file, never));
            let reason = "what arrived is not what was read here: run the same command again".to_owned();
            let outcome = Outcome::Failed { code: "arrived_damaged".to_owned(), reason };
            job.outcomes().insert(&file.file.path, outcome);
        }
    }
    Ok(())
}

fn skip(job: &Job, file: &Hashed) {
    let photo_id = job.state(|state| {
        let photo_id = state.of(&file.file).and_then(|remembered| remembered.photo_id.clone());
        let remembered = Remembered { sent: true, photo_id: photo_id.clone(), ..Remembered::unsent(file) };
        if state.of(&file.file) != Some(&remembered) {
            state.remember(&file.file, remembered);
        }
        photo_id
    });
    job.board.update(|figures| figures.bytes = figures.bytes.saturating_sub(file.file.stamp.size));
    job.done(&file.file, Outcome::There { photo_id });
}
