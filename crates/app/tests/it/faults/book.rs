//! What clients have seen: every status, everything that was acknowledged, and every answer that should not have been.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use serde_json::Value;

/// What a client writes down.
#[derive(Default)]
pub(super) struct Book {
    statuses: Mutex<BTreeMap<(&'static str, String), usize>>,
    acknowledged: Mutex<BTreeMap<String, Acknowledged>>,
    wrong: Mutex<Vec<String>>,
}

/// A photo that a server has promised to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    pub(super) photo_id: String,
    /// Which photograph of the sample event it shows.
    pub(super) scene: usize,
}

/// Why a request brought nothing, and what a client does about it.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No answer: ask what has arrived, and go on.
    NoAnswer,
    /// Told to come back after this time.
    Wait(Duration),
    /// Another offset than the server's: ask, and go on.
    Conflict,
    /// An answer that should not have been; it stands in the book.
    Wrong,
}

impl Book {
    /// Counts an answer and tells what it means. Other failures than "come back later" and "ask again" are wrong:
    /// nothing that these clients send is at fault.
    pub(super) async fn judge(
        &self,
        what: &'static str,
        answer: reqwest::Result<Response>,
    ) -> Result<Response, Trouble> {
        let Ok(answer) = answer else {
            self.count(what, "no answer");
            return Err(Trouble::NoAnswer);
        };
        let status = answer.status();
        self.count(what, status.as_str());
        if status.is_success() {
            return Ok(answer);
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let after = answer.headers().get(header::RETRY_AFTER);
            let seconds = after.and_then(|value| value.to_str().ok()?.parse().ok());
            if let Some(seconds) = seconds {
                return Err(Trouble::Wait(Duration::from_secs(seconds)));
            }
            return Err(self.wrong(format!("{what}: {status} without Retry-After")));
        }
        let text = answer.text().await.unwrap_or_default();
        let code = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|body| Some(body["code"].as_str()?.to_owned()));
        if what == "PATCH" && matches!(status.as_u16(), 409 | 423) && code.is_some() {
            return Err(Trouble::Conflict);
        }
        Err(self.wrong(format!("{what}: {status} {text}")))
    }

    /// Writes down what should not have been.
    pub(super) fn wrong(&self, what: String) -> Trouble {
        self.wrong.lock().unwrap().push(what);
        Trouble::Wrong
    }

    fn count(&self, what: &'static str, answer: &str) {
        *self.statuses.lock().unwrap().entry((what, answer.to_owned())).or_default() += 1;
    }

    /// How often this was the answer, whatever was asked.
    pub(super) fn seen(&self, answer: &str) -> usize {
        let statuses = self.statuses.lock().unwrap();
        statuses.iter().filter(|((_, seen), _)| seen == answer).map(|(_, count)| count).sum()
    }

    /// A photo was acknowledged; a second time it must be the same one.
    pub(super) fn acknowledge(&self, sha256: &str, photo: Acknowledged) {
        let mut acknowledged = self.acknowledged.lock().unwrap();
        if let Some(before) = acknowledged.get(sha256) {
            if *before != photo {
                self.wrong(format!("{sha256} was acknowledged as {before:?} and as {photo:?}"));
            }
            return;
        }
        acknowledged.insert(sha256.to_owned(), photo);
    }

    pub(super) fn acknowledged(&self) -> BTreeMap<String, Acknowledged> {
        self.acknowledged.lock().unwrap().clone()
    }

    pub(super) fn wrongs(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }

    /// Every kind of answer, with its count.
    pub(super) fn summary(&self) -> String {
        let statuses = self.statuses.lock().unwrap();
        let lines = statuses.iter().map(|((what, answer), count)| format!("{what} {answer}: {count}"));
        lines.collect::<Vec<_>>().join(", ")
    }
}
