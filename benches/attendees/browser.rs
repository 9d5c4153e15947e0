//! One person with a phone: opens the page, searches, looks at thumbs, marks favourites.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::page::Page;

/// Connections that a browser opens to one server at once.
const CONNECTIONS: usize = 6;
/// Thumbs that fit on a phone and the next screens.
const THUMBS: usize = 30;
/// Who waits longer has left.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Page,
    Files,
    Event,
    Search,
    Thumb,
    Thumbs,
    Favourite,
    Favourites,
    Whole,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::Page,
        Self::Files,
        Self::Event,
        Self::Search,
        Self::Thumb,
        Self::Thumbs,
        Self::Favourite,
        Self::Favourites,
        Self::Whole,
    ];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Page => "open the page",
            Self::Files => "all its scripts and styles",
            Self::Event => "read the event",
            Self::Search => "search with a selfie",
            Self::Thumb => "one thumb",
            Self::Thumbs => "all 30 thumbs",
            Self::Favourite => "mark a favourite",
            Self::Favourites => "list the favourites",
            Self::Whole => "the whole visit",
        }
    }
}

/// A selfie, in memory.
pub(crate) struct Selfie(Vec<u8>);

impl Selfie {
    pub(crate) fn read(file: &Path) -> Self {
        Self(std::fs::read(file).expect("a selfie"))
    }
}

/// What became of a visit.
#[derive(Default)]
pub(crate) struct Visit {
    /// Milliseconds of each step.
    pub(crate) times: Vec<(Step, f64)>,
    /// Where it ended before its end, and why.
    pub(crate) failure: Option<(Step, String)>,
}

/// A browser with cookies of its own.
pub(crate) fn client() -> Client {
    let client = Client::builder().cookie_store(true).pool_max_idle_per_host(CONNECTIONS).timeout(PATIENCE);
    client.build().expect("a client")
}

/// The whole visit, without a pause.
pub(crate) async fn visit(
    client: &Client,
    url: &str,
    page: &Page,
    selfie: &Selfie,
    favourites: usize,
) -> Visit {
    let mut visit = Visit::default();
    let began = Instant::now();
    match visit.steps(client, url, page, selfie, favourites).await {
        Ok(()) => visit.times.push((Step::Whole, ms_since(began))),
        Err(failure) => visit.failure = Some(failure),
    }
    visit
}

type Outcome<T> = Result<T, (Step, String)>;

impl Visit {
    async fn steps(
        &mut self,
        client: &Client,
        url: &str,
        page: &Page,
        selfie: &Selfie,
        favourites: usize,
    ) -> Outcome<()> {
        let compressed =
            |path: &str| client.get(format!("{url}{path}")).header("Accept-Encoding", "gzip, br");
        self.timed(Step::Page, compressed(&page.path)).await?;
        let files = page.paths.iter().map(|path| compressed(path)).collect();
        self.at_once(None, Step::Files, files).await?;
        let event = self.timed(Step::Event, client.get(format!("{url}/api/attendee/events/gala"))).await?;
        let consent = json(Step::Event, &event)?["consent_version"].as_str().unwrap_or_default().to_owned();
        let form = Form::new()
            .text("consent_version", consent)
            .part("selfie", Part::bytes(selfie.0.clone()).file_name("selfie.jpg"));
        let request = client.post(format!("{url}/api/events/gala/search")).header("X-FindMe", "1");
        let found = json(Step::Search, &self.timed(Step::Search, request.multipart(form)).await?)?;
        let matches = found["matches"].as_array().cloned().unwrap_or_default();
        if matches.len() < favourites {
            return Err((Step::Search, format!("{} photos found", matches.len())));
        }
        let text = |photo: &Value, field: &str| photo[field].as_str().unwrap_or_default().to_owned();
        // Who is on fewer photos looks at them again, so that everybody asks for as many.
        let thumbs = matches.iter().cycle().take(THUMBS);
        let thumbs = thumbs.map(|photo| client.get(format!("{url}{}", text(photo, "thumb_url")))).collect();
        self.at_once(Some(Step::Thumb), Step::Thumbs, thumbs).await?;
        let mine = format!("{url}/api/attendee/events/gala/favourites");
        for photo in matches.iter().take(favourites) {
            let request = client.put(format!("{mine}/{}", text(photo, "photo_id"))).header("X-FindMe", "1");
            self.timed(Step::Favourite, request).await?;
        }
        let listed = json(Step::Favourites, &self.timed(Step::Favourites, client.get(mine)).await?)?;
        match listed["photos"].as_array().map(Vec::len) {
            Some(count) if count == favourites => Ok(()),
            other => Err((Step::Favourites, format!("{other:?} favourites instead of {favourites}"))),
        }
    }

    /// One request; the body of its answer.
    async fn timed(&mut self, step: Step, request: RequestBuilder) -> Outcome<Vec<u8>> {
        let (ms, body) = answered(request).await.map_err(|why| (step, why))?;
        self.times.push((step, ms));
        Ok(body)
    }

    /// Several requests, six at a time; their own times count as `each`, that of all as `all`.
    async fn at_once(&mut self, each: Option<Step>, all: Step, requests: Vec<RequestBuilder>) -> Outcome<()> {
        let began = Instant::now();
        let answers: Vec<_> =
            futures::stream::iter(requests).map(answered).buffer_unordered(CONNECTIONS).collect().await;
        for answer in answers {
            let (ms, _) = answer.map_err(|why| (each.unwrap_or(all), why))?;
            self.times.extend(each.map(|each| (each, ms)));
        }
        self.times.push((all, ms_since(began)));
        Ok(())
    }
}

/// Milliseconds from the request to the last byte of a successful answer, and its bytes.
async fn answered(request: RequestBuilder) -> Result<(f64, Vec<u8>), String> {
    let began = Instant::now();
    let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| format!("{error:?}"))?;
    if status.is_success() {
        return Ok((ms_since(began), body.to_vec()));
    }
    let code =
        serde_json::from_slice::<Value>(&body).ok().and_then(|body| Some(body["code"].as_str()?.to_owned()));
    Err(format!("{status} {}", code.unwrap_or_default()))
}

fn json(step: Step, body: &[u8]) -> Outcome<Value> {
    serde_json::from_slice(body).map_err(|error| (step, error.to_string()))
}

fn ms_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
