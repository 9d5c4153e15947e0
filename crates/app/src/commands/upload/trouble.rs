//! Why a request did not do what it should, sorted by what to do about it.

use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use serde::Deserialize;

/// Why a request did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It may go better later.
    #[error("{reason}")]
    Passing {
        /// For a person.
        reason: String,
        /// How long the server wants to be left alone.
        wait: Option<Duration>,
    },
    /// The access token was not good any more; there is a new one now.
    #[error("the log-in was renewed")]
    Renewed,
    /// The same request will always be refused.
    #[error("{}", .0.detail)]
    Refused(Refusal),
    /// Nobody is logged in any more.
    #[error("the log-in has ended")]
    LoggedOut,
}

/// A server's final no.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The API's name of the problem; empty if the answer came from elsewhere, such as a proxy.
    pub(super) code: String,
    /// For a person.
    pub(super) detail: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
}

impl Trouble {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self::Passing { reason: reason.into(), wait: None }
    }

    /// What an answer that is no success means.
    pub(super) async fn of(answer: Response) -> Self {
        let (status, wait) = (answer.status(), retry_after(&answer));
        let problem: Problem = match answer.bytes().await {
            Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
            Err(_) => Problem::default(),
        };
        let detail = match (problem.title.is_empty(), problem.detail.is_empty()) {
            (false, false) => format!("{}. {}", problem.title, problem.detail),
            (true, false) => problem.detail,
            (false, true) => problem.title,
            (true, true) => format!("the server answered {status}"),
        };
        if may_pass(status) {
            return Self::Passing { reason: detail, wait };
        }
        Self::Refused(Refusal { status: status.as_u16(), code: problem.code, detail })
    }

    /// The final no with this status, if it is one.
    pub(super) fn refused_with(&self, status: u16) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        Self::passing(innermost(&error))
    }
}

/// Whether the same request may be answered otherwise later.
fn may_pass(status: StatusCode) -> bool {
    // 408 timed out, 423 still busy with the request before, 425 too early, 429 too many; redirections are a proxy's.
    status.is_server_error() || status.is_redirection() || matches!(status.as_u16(), 408 | 423 | 425 | 429)
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The cause of causes: "Connection refused" says more than "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
