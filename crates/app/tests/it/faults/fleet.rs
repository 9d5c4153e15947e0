//! Processes as an operator runs them: each is started again when it ends, whatever ended it.

use std::fs::{File, OpenOptions};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;

use crate::findme::Place;

/// How long the operator's supervisor waits before it starts a process again.
const RESTART_AFTER: Duration = Duration::from_millis(300);

/// What all processes are told.
pub(super) type Settings = Vec<(String, String)>;

/// A process that is started again and again.
pub(super) struct Member {
    pub(super) name: String,
    /// Where it listens, if it does.
    pub(super) url: Option<String>,
    log: PathBuf,
    pid: Arc<AtomicI32>,
    ends: Arc<Mutex<Vec<ExitStatus>>>,
    supervisor: JoinHandle<()>,
}

impl Member {
    /// Starts `findme serve` (with a place to listen) or `findme work`, with `data` as its data folder.
    pub(super) fn start(place: &Place, name: &str, serves: bool, data: &Path, settings: &Settings) -> Self {
        let address = serves.then(free_address);
        let log = crate::logs::folder().unwrap_or_else(|| place.path("logs"));
        std::fs::create_dir_all(&log).unwrap();
        let log = log.join(format!("{name}-{}.log", std::process::id()));
        let (pid, ends) = (Arc::new(AtomicI32::new(0)), Arc::new(Mutex::new(Vec::new())));
        let command = {
            let mut command = place.command(&[if serves { "serve" } else { "work" }]);
            command.envs(settings.iter().cloned()).env("FINDME_DATA", data).env("LOG_LEVEL", "debug");
            command.env("FINDME_LISTEN", address.as_deref().unwrap_or("127.0.0.1:1"));
            command
        };
        let supervisor = tokio::spawn(supervise(command, log.clone(), Arc::clone(&pid), Arc::clone(&ends)));
        let url = address.map(|address| format!("http://{address}"));
        Self { name: name.to_owned(), url, log, pid, ends, supervisor }
    }

    /// `kill -9`.
    pub(super) fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid.load(Ordering::SeqCst)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Waits until it answers that it is ready.
    pub(super) async fn ready(&self) {
        let Some(url) = &self.url else { return };
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let answer = reqwest::get(format!("{url}/ready")).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < deadline, "{} is not ready: {}", self.name, self.last_words());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// What went wrong in it: panics, and ends that nobody brought about. Where the database is away a process may
    /// say so and end, to be started again.
    pub(super) fn complaints(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let panics = text.lines().filter(|line| line.contains("panicked at")).map(str::to_owned);
        let ends = self.ends.lock().unwrap();
        let strange = ends.iter().filter(|end| end.signal() != Some(9) && end.code() != Some(1));
        let all = panics.chain(strange.map(ExitStatus::to_string));
        all.map(|what| format!("{}: {what}", self.name)).collect()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.supervisor.abort();
        self.kill();
    }
}

async fn supervise(
    command: std::process::Command,
    log: PathBuf,
    pid: Arc<AtomicI32>,
    ends: Arc<Mutex<Vec<ExitStatus>>>,
) {
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    loop {
        command.stdout(appended(&log)).stderr(appended(&log));
        let mut child = command.spawn().unwrap();
        pid.store(child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or(0), Ordering::SeqCst);
        let end = child.wait().await.unwrap();
        pid.store(0, Ordering::SeqCst);
        ends.lock().unwrap().push(end);
        tokio::time::sleep(RESTART_AFTER).await;
    }
}

fn appended(log: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(log).unwrap()
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
