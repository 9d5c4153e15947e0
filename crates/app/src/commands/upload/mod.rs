//! `findme upload`: photographs go to a server, which may be far away, over a network that may come and go.
//!
//! ## Why
//! - It is a client and nothing else: it opens no installation and needs no models, so it runs on a photographer's
//!   laptop.
//! - Four stages, joined by bounded queues: look for files, read their SHA-256, ask which are there, send the rest. So
//!   sending begins at once, and 100,000 files need no more memory than their names.
//! - Nothing is believed to be stored before the server says so, and every file's end is told.

mod arguments;
mod batch;
mod board;
mod feed;
mod files;
mod follow;
mod known;
mod patience;
mod server;
mod session;
mod state;
mod summary;
mod trouble;
mod tus;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::watch as signal;

pub(crate) use self::arguments::Upload;
use self::batch::NoBatch;
use self::board::Board;
use self::files::{Folders, Found, Hashed, Look, Unreadable};
use self::patience::{Patience, Stop};
use self::server::Server;
use self::state::State;
use self::summary::{Outcome, Outcomes, Summary};
use self::trouble::Trouble;
use self::tus::Twins;
use crate::config::{Config, UploadSettings};
use crate::{say_error, system};

/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;
/// Files whose SHA-256 is read at once: more would make a disk's head run about.
const HASHED_AT_ONCE: usize = 2;
/// Files that wait between two stages.
const QUEUE: usize = 1000;
/// How often it is asked whether all photos are read, when the stream of events does not tell.
const ASK_EVERY: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(500);

/// One run.
struct Job {
    server: Server,
    state: Mutex<State>,
    board: Arc<Board>,
    patience: Patience,
    batch_name: String,
    /// Id of the batch, from when there is one.
    batch: signal::Sender<Option<String>>,
    outcomes: Mutex<Outcomes>,
    twins: Twins,
    /// Files that were sent in this run.
    sent: Mutex<Vec<Hashed>>,
}

pub(crate) async fn run(arguments: Upload, config: &Config) -> anyhow::Result<ExitCode> {
    let folders = Folders::new(&arguments.dirs, arguments.all)?;
    let server = Server::log_in(&arguments, &config.upload).await?;
    check_event(&server).await?;
    let state = State::open(&state_path(&arguments, &config.upload, &server, &folders)?)?;
    let job = Job::new(server, state, &arguments, &folders);
    match batch::reopen(&job).await {
        Ok(()) => {}
        Err(NoBatch::Stop(stop)) => bail!("{stop}"),
        Err(NoBatch::Refused(reason)) => bail!("{reason}"),
    }
    let interrupts = interrupts()?;
    let ended = tokio::select! {
        biased;
        () = interrupted(interrupts.clone(), if arguments.watch { 2 } else { 1 }) => None,
        ended = work(&job, &folders, &arguments, interrupts) => Some(ended),
        never = job.board.show() => match never {},
        never = follow::follow(&job) => match never {},
    };
    let Some(stop) = ended else {
        say_error("Stopped. Run the same command again to go on.");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let summary = Summary { job: &job, stop: stop.err() };
    if summary.is_empty() && !arguments.watch {
        bail!("there are no photographs in {}: --all sends other files too", list(folders.roots()));
    }
    Ok(summary.say(arguments.json))
}

/// Whether the event is there, and open to who is logged in.
async fn check_event(server: &Server) -> anyhow::Result<()> {
    let path = server.of_event("");
    for _ in 0..2 {
        match server.ask::<serde_json::Value>(Method::GET, &path, None).await {
            Ok(_) => return Ok(()),
            Err(Trouble::Renewed) => {}
            Err(trouble) => bail!("{}: {trouble}", server.base()),
        }
    }
    bail!("{}: {}", server.base(), Trouble::LoggedOut)
}

fn state_path(
    arguments: &Upload,
    settings: &UploadSettings,
    server: &Server,
    folders: &Folders,
) -> anyhow::Result<PathBuf> {
    if let Some(path) = &arguments.state {
        return Ok(path.clone());
    }
    let cache = settings.cache.as_ref().context("you have no home folder: say --state FILE")?;
    let name = state::file_name(server.base().as_str(), &arguments.event, folders.roots());
    Ok(cache.join("findme/uploads").join(name))
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Counts Ctrl-C and the request to end.
fn interrupts() -> anyhow::Result<signal::Receiver<u8>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (counted, count) = signal::channel(0_u8);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            counted.send_modify(|count| *count = count.saturating_add(1));
        }
    });
    Ok(count)
}

async fn interrupted(mut interrupts: signal::Receiver<u8>, times: u8) {
    if interrupts.wait_for(|count| *count >= times).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn work(
    job: &Job,
    folders: &Folders,
    arguments: &Upload,
    interrupts: signal::Receiver<u8>,
) -> Result<(), Stop> {
    let (found, to_hash) = mpsc::channel(QUEUE);
    let (hashed, to_ask) = mpsc::channel(QUEUE);
    let (new, to_send) = mpsc::channel(QUEUE);
    let look = async {
        if arguments.watch {
            look_on(job, folders, found, interrupts).await;
        } else {
            look_once(job, folders, found).await;
        }
        Ok(())
    };
    let hash = async {
        hash(job, to_hash, hashed).await;
        Ok(())
    };
    let send = received(to_send)
        .map(Ok)
        .try_for_each_concurrent(usize::from(arguments.parallel), |file| tus::send(job, file));
    tokio::try_join!(look, hash, known::skip_known(job, to_ask, new), send)?;
    known::verify(job).await?;
    if !arguments.no_wait {
        wait_until_read(job).await?;
        summary::name_unreadable(job).await?;
    }
    job.state(|state| state.set_batch(None));
    Ok(())
}

fn received<T>(mut queue: Receiver<T>) -> impl stream::Stream<Item = T> {
    stream::poll_fn(move |context| queue.poll_recv(context))
}

async fn look_once(job: &Job, folders: &Folders, found: Sender<Found>) {
    let folders = folders.clone();
    let look = files::aside(move || folders.look()).await;
    job.found(look, &found).await;
}

async fn look_on(job: &Job, folders: &Folders, found: Sender<Found>, interrupts: signal::Receiver<u8>) {
    let mut watch = watch::Watch::default();
    job.board.update(|figures| figures.watching = true);
    loop {
        let (folders, mut looking) = (folders.clone(), watch);
        let (news, looked) =
            files::aside(move || (looking.take(folders.look(), Instant::now()), looking)).await;
        watch = looked;
        job.found(news, &found).await;
        let ended = interrupted(interrupts.clone(), 1);
        if tokio::time::timeout(watch::EVERY, ended).await.is_ok() {
            job.board.update(|figures| figures.watching = false);
            say_error("Sending what was found. Ctrl-C again stops at once.");
            return;
        }
    }
}

/// Reads the SHA-256 of each file that is not remembered, in order.
async fn hash(job: &Job, found: Receiver<Found>, hashed: Sender<Hashed>) {
    let one = async |file: Found| {
        let remembered = job.state(|state| state.of(&file).map(|remembered| remembered.sha256));
        if let Some(sha256) = remembered {
            return (file, Ok(sha256));
        }
        let reading = file.clone();
        let sha256 = files::aside(move || files::hash(&reading)).await;
        (file, sha256)
    };
    let mut files = std::pin::pin!(received(found).map(one).buffered(HASHED_AT_ONCE));
    while let Some((file, sha256)) = files.next().await {
        match sha256 {
            Ok(sha256) => {
                let file = Hashed { file, sha256 };
                if job.state(|state| state.of(&file.file).is_none()) {
                    job.state(|state| state.remember(&file.file, state::Remembered::unsent(&file)));
                }
                if hashed.send(file).await.is_err() {
                    return;
                }
            }
            Err(reason) => job.failed(&file, "unreadable", &reason),
        }
    }
}

/// Waits until the server has read every photo of the batch.
async fn wait_until_read(job: &Job) -> Result<(), Stop> {
    let Some(batch_id) = job.batch.borrow().clone() else { return Ok(()) };
    while let Ok(counts) = batch::counts(job, &batch_id).await?
        && counts.open() > 0
    {
        let asked = Instant::now();
        while asked.elapsed() < ASK_EVERY && job.board.figures().counts.open() > 0 {
            tokio::time::sleep(GLANCE).await;
        }
    }
    Ok(())
}

impl Job {
    fn new(server: Server, state: State, arguments: &Upload, folders: &Folders) -> Self {
        let folder = folders.roots().first().and_then(|root| root.file_name()).unwrap_or_default();
        let batch_name = arguments.batch_name.clone();
        Self {
            server,
            state: Mutex::new(state),
            board: Arc::new(Board::new()),
            patience: Patience::new(arguments.give_up_after, system::entropy()),
            batch_name: batch_name.unwrap_or_else(|| batch::name_of(&folder.to_string_lossy())),
            batch: signal::Sender::new(None),
            outcomes: Mutex::default(),
            twins: Twins::default(),
            sent: Mutex::default(),
        }
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().expect("no panic holds it"))
    }

    fn outcomes(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().expect("no panic holds it")
    }

    /// Takes up what a look found.
    async fn found(&self, look: Look, found: &Sender<Found>) {
        let bytes: u64 = look.found.iter().map(|file| file.stamp.size).sum();
        self.board.update(|figures| {
            figures.files += (look.found.len() + look.unreadable.len()) as u64;
            figures.bytes += bytes;
        });
        for Unreadable { path, reason } in look.unreadable {
            let outcome = Outcome::Failed { code: "unreadable".to_owned(), reason };
            self.ended(&path, outcome);
        }
        for file in look.found {
            if found.send(file).await.is_err() {
                return;
            }
        }
    }

    /// A file is done.
    fn done(&self, file: &Found, outcome: Outcome) {
        self.ended(&file.path, outcome);
    }

    fn failed(&self, file: &Found, code: &str, reason: &str) {
        self.board.update(|figures| figures.bytes = figures.bytes.saturating_sub(file.stamp.size));
        self.ended(&file.path, Outcome::Failed { code: code.to_owned(), reason: reason.to_owned() });
    }

    fn ended(&self, path: &std::path::Path, outcome: Outcome) {
        self.board.update(|figures| {
            figures.files_done += 1;
            figures.files_failed += u64::from(matches!(outcome, Outcome::Failed { .. }));
        });
        self.outcomes().insert(path, outcome);
    }

    /// Asks until there is an answer: a success, or a no that will not change.
    async fn persistently<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, Trouble>,
    ) -> Result<Result<T, Trouble>, Stop> {
        let mut tries = 0;
        loop {
            match ask().await {
                Ok(answer) => {
                    self.patience.progressed(&self.board);
                    return Ok(Ok(answer));
                }
                Err(refused @ Trouble::Refused(_)) => return Ok(Err(refused)),
                Err(trouble) => self.patience.pause(tries, &trouble, &self.board).await?,
            }
            tries += 1;
        }
    }
}
