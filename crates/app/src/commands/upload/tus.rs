//! One file's way to the server, by the tus protocol (<https://tus.io/protocols/resumable-upload>, version 1.0).
//!
//! Each step is one request: make the upload, ask how much of it arrived, send the next part. After trouble the next
//! step is to ask. A file counts as sent only when the server says what became of it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Digest;
use reqwest::{Body, Method, RequestBuilder, Response, header};

use super::Job;
use super::batch;
use super::feed::Feed;
use super::files::Hashed;
use super::patience::Stop;
use super::state::Remembered;
use super::summary::Outcome;
use super::trouble::{Refusal, Trouble};

/// Bytes per request. After a cut the server keeps what arrived, so this only bounds how long one request lasts.
const PART_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// A request that moves nothing for so long is given up, and tried again.
const STALLED: Duration = Duration::from_mins(2);
/// An upload that vanishes from the server is begun anew so often.
const RESTARTS_MAX: u32 = 3;

/// Files of the same content are sent one after the other: the second one is there when the first one is.
#[derive(Default)]
pub(super) struct Twins(Mutex<HashMap<Digest, Twin>>);

type Twin = Arc<tokio::sync::Mutex<Option<Option<String>>>>;

impl Twins {
    fn of(&self, sha256: Digest) -> Twin {
        Arc::clone(self.0.lock().expect("no panic holds it").entry(sha256).or_default())
    }
}

/// Sends a file, whatever it takes.
pub(super) async fn send(job: &Job, file: Hashed) -> Result<(), Stop> {
    let twin = job.twins.of(file.sha256);
    let mut sent_before = twin.lock().await;
    let outcome = match &*sent_before {
        Some(photo_id) => {
            job.board.update(|figures| figures.bytes = figures.bytes.saturating_sub(file.file.stamp.size));
            Outcome::There { photo_id: photo_id.clone() }
        }
        None => Upload::new(job, &file).run().await?,
    };
    match &outcome {
        Outcome::Sent { photo_id } | Outcome::There { photo_id } => {
            *sent_before = Some(photo_id.clone());
            let remembered =
                Remembered { sent: true, photo_id: photo_id.clone(), ..Remembered::unsent(&file) };
            job.state(|state| state.remember(&file.file, remembered));
            job.sent.lock().expect("no panic holds it").push(file.clone());
        }
        Outcome::Failed { .. } => {
            job.state(|state| state.remember(&file.file, Remembered::unsent(&file)));
        }
    }
    job.done(&file.file, outcome);
    Ok(())
}

/// What one step led to.
enum Step {
    On,
    Done(Outcome),
    /// The server has no such upload any more.
    Lost,
}

struct Upload<'a> {
    job: &'a Job,
    file: &'a Hashed,
    location: Option<String>,
    /// How much the server has, where that is known.
    offset: Option<u64>,
    /// The most that the server was known to have.
    arrived: u64,
    /// Of the bytes on the board, those that are this file's.
    shown: u64,
    /// Bytes that an earlier run sent.
    before: Option<u64>,
    restarts: u32,
}

impl<'a> Upload<'a> {
    fn new(job: &'a Job, file: &'a Hashed) -> Self {
        let location = job.state(|state| state.of(&file.file).and_then(|known| known.location.clone()));
        let before = if location.is_some() { None } else { Some(0) };
        Self { job, file, location, offset: None, arrived: 0, shown: 0, before, restarts: 0 }
    }

    async fn run(mut self) -> Result<Outcome, Stop> {
        let mut tries = 0;
        loop {
            match self.step().await {
                Ok(Step::Done(outcome)) => {
                    self.job.patience.progressed(&self.job.board);
                    return Ok(outcome);
                }
                Ok(Step::Lost) if self.restarts == RESTARTS_MAX => {
                    return Ok(failed("upload_lost", "the server lost it again and again"));
                }
                Ok(Step::Lost) => self.restart(),
                // Only bytes count: a server that takes requests but nothing of the file is not waited for.
                Ok(Step::On) if self.offset > Some(self.arrived) => {
                    self.arrived = self.offset.unwrap_or(0);
                    self.job.patience.progressed(&self.job.board);
                    tries = 0;
                }
                Ok(Step::On) => {}
                Err(Trouble::Refused(Refusal { code, detail, .. })) => {
                    if code == UNREADABLE {
                        self.terminate().await;
                    }
                    self.leave();
                    return Ok(failed(&code, &detail));
                }
                Err(trouble) => {
                    self.job.patience.pause(tries, &trouble, &self.job.board).await?;
                    tries += 1;
                    self.offset = None;
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Step, Trouble> {
        match (self.location.clone(), self.offset) {
            (None, _) => self.create().await,
            (Some(location), None) => self.ask(&location).await,
            (Some(location), Some(offset)) => self.part(&location, offset).await,
        }
    }

    async fn create(&mut self) -> Result<Step, Trouble> {
        let size = self.file.file.stamp.size;
        let request = self.request(Method::POST, &self.job.server.of_event("/uploads"))?;
        let request = request.header("Upload-Length", size).header("Upload-Metadata", self.metadata());
        let answer = self.job.server.head(request.header(header::CONTENT_LENGTH, 0)).await?;
        let location =
            text(&answer, "location").ok_or_else(|| Trouble::passing("the server gave no Location"))?;
        let remembered = Remembered { location: Some(location.clone()), ..Remembered::unsent(self.file) };
        self.job.state(|state| state.remember(&self.file.file, remembered));
        (self.location, self.offset) = (Some(location), Some(0));
        Ok(Step::On)
    }

    fn name(&self) -> String {
        self.file.file.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn metadata(&self) -> String {
        let mut pairs = vec![("filename", self.name()), ("sha256", self.file.sha256.to_string())];
        if let Some(batch_id) = self.job.batch.borrow().clone() {
            pairs.push(("batch", batch_id));
        }
        let pairs = pairs.iter().map(|(key, value)| format!("{key} {}", BASE64.encode(value)));
        pairs.collect::<Vec<_>>().join(",")
    }

    /// Asks how much arrived.
    async fn ask(&mut self, location: &str) -> Result<Step, Trouble> {
        match self.job.server.head(self.request(Method::HEAD, location)?).await {
            Ok(answer) => self.arrived(&answer),
            Err(trouble) if is_gone(&trouble) => Ok(Step::Lost),
            // An answer to HEAD has no body that would say why.
            Err(Trouble::Refused(_)) => Err(batch::why_refused(self.job, &self.name()).await),
            Err(trouble) => Err(trouble),
        }
    }

    /// Sends the next part.
    async fn part(&mut self, location: &str, offset: u64) -> Result<Step, Trouble> {
        let left = self.file.file.stamp.size.saturating_sub(offset);
        self.patch(location, offset, left.min(PART_BYTES_MAX)).await
    }

    async fn patch(&mut self, location: &str, offset: u64, length: u64) -> Result<Step, Trouble> {
        let feed = Feed::new(Arc::clone(&self.job.board));
        let request = self.request(Method::PATCH, location)?.header("Upload-Offset", offset);
        let request = request.header(header::CONTENT_TYPE, "application/offset+octet-stream");
        let body = feed.body(self.file.file.clone(), offset, length);
        let request = request.header(header::CONTENT_LENGTH, length).body(Body::wrap_stream(body));
        let answer = unless_stalled(&feed, self.job.server.send(request)).await;
        self.shown += feed.taken();
        if let Some(reason) = feed.trouble() {
            let refusal = Refusal { status: 0, code: UNREADABLE.to_owned(), detail: reason.to_owned() };
            return Err(Trouble::Refused(refusal));
        }
        match answer {
            Ok(answer) => match self.arrived(&answer)? {
                Step::On if self.offset <= Some(offset) => Err(Trouble::passing("the server took nothing")),
                step @ (Step::On | Step::Done(_) | Step::Lost) => Ok(step),
            },
            Err(trouble) if is_gone(&trouble) => Ok(Step::Lost),
            Err(Trouble::Refused(refusal)) if may_be_mended(&refusal) => {
                Err(Trouble::passing(refusal.detail))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Reads how much the server has, or what became of the file.
    fn arrived(&mut self, answer: &Response) -> Result<Step, Trouble> {
        let size = self.file.file.stamp.size;
        let photo_id = text(answer, "findme-photo");
        match text(answer, "findme-outcome").as_deref() {
            Some("accepted") => {
                self.show(size);
                return Ok(Step::Done(Outcome::Sent { photo_id }));
            }
            Some("duplicate") => {
                self.show(size);
                return Ok(Step::Done(Outcome::There { photo_id }));
            }
            _ => {}
        }
        let offset = text(answer, "upload-offset").and_then(|offset| offset.parse().ok());
        let offset: u64 = offset.ok_or_else(|| Trouble::passing("the server gave no Upload-Offset"))?;
        if offset > size || self.offset == Some(size) {
            return Err(Trouble::passing("the server does not say what became of the file"));
        }
        self.show(offset);
        self.offset = Some(offset);
        Ok(Step::On)
    }

    /// Puts what arrived on the board, in place of what was sent.
    fn show(&mut self, offset: u64) {
        if self.before.is_none() {
            self.before = Some(offset);
            self.job.board.update(|figures| figures.bytes = figures.bytes.saturating_sub(offset));
        }
        let shown = offset.saturating_sub(self.before.unwrap_or(0));
        self.job.board.update(|figures| {
            figures.bytes_sent = (figures.bytes_sent + shown).saturating_sub(self.shown);
        });
        self.shown = shown;
    }

    /// Takes what will not be sent from the board.
    fn leave(&self) {
        let rest = self.file.file.stamp.size.saturating_sub(self.shown + self.before.unwrap_or(0));
        self.job.board.update(|figures| figures.bytes = figures.bytes.saturating_sub(rest));
    }

    fn restart(&mut self) {
        self.restarts += 1;
        (self.location, self.offset) = (None, None);
        let (shown, before) = (self.shown, self.before.unwrap_or(0));
        self.job.board.update(|figures| {
            figures.bytes_sent = figures.bytes_sent.saturating_sub(shown);
            figures.bytes += before;
        });
        (self.shown, self.before, self.arrived) = (0, Some(0), 0);
    }

    /// Tells the server that the rest will not come; if that fails the upload expires there.
    async fn terminate(&self) {
        let Some(location) = &self.location else { return };
        if let Ok(request) = self.request(Method::DELETE, location) {
            let _ = self.job.server.head(request).await;
        }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        Ok(self.job.server.request(method, path)?.header("Tus-Resumable", "1.0.0"))
    }
}

/// The code of a file that cannot be read here.
const UNREADABLE: &str = "unreadable";

fn failed(code: &str, reason: &str) -> Outcome {
    Outcome::Failed { code: code.to_owned(), reason: reason.to_owned() }
}

/// Whether the server does not know the upload, or not any more.
fn is_gone(trouble: &Trouble) -> bool {
    trouble.refused_with(404) || trouble.refused_with(410)
}

/// The offset was wrong, or the part was damaged on its way: asking where to go on mends it.
fn may_be_mended(refusal: &Refusal) -> bool {
    refusal.status == 460 || refusal.status == 409 && refusal.code != "quota_reached"
}

fn text(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// Waits for the answer as long as the body moves.
async fn unless_stalled(
    feed: &Feed,
    sending: impl Future<Output = Result<Response, Trouble>>,
) -> Result<Response, Trouble> {
    let mut sending = pin!(sending);
    loop {
        let taken = feed.taken();
        match tokio::time::timeout(STALLED, &mut sending).await {
            Ok(answer) => return answer,
            Err(_) if feed.taken() == taken => return Err(Trouble::passing("the connection has stalled")),
            Err(_) => {}
        }
    }
}
