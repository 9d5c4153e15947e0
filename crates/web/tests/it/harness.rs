//! A router on a test's own database, and a client for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use blobs::{Blobs, Settings};
use domain::{Clock, Entropy};
use http_body_util::BodyExt as _;
use intake::Receiver;
use jobs::{Worker, WorkerSettings};
use recognizer::{Fake, Recognizer};
use serde_json::Value;
use sqlx::PgPool;
use store::Store;
use time::OffsetDateTime;
use tower::ServiceExt as _;
use web::{
    AccessTokens, Check, Health, Looks, MarkedPhotos, MfaKey, NewsFeed, Passwords, Pseudonyms, SealKey,
    SignedUrls, System, Web, WebSettings,
};

/// Each id and token of this process differs from the others, whichever server makes it.
static COUNTER: AtomicU64 = AtomicU64::new(1);

/// Signs the tokens of these servers.
pub(crate) const SECRET: &[u8] = b"a secret that is good enough for tests";

/// A router, and what tests turn in it.
pub(crate) struct Server {
    pub(crate) web: Web,
    router: Router,
    now: Arc<AtomicI64>,
    cookies: Vec<(String, String)>,
    _spool: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.bytes)))
    }

    /// The stable code of a problem.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.status);
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

impl Server {
    pub(crate) async fn start(pool: &PgPool) -> Self {
        Self::with_settings(pool, WebSettings::default()).await
    }

    pub(crate) async fn with_settings(pool: &PgPool, settings: WebSettings) -> Self {
        Self::on(store::testing::store(pool).await, settings)
    }

    /// On a store that the test has opened.
    pub(crate) fn on(store: Store, mut settings: WebSettings) -> Self {
        crate::logs::capture();
        settings.hold_back = std::time::Duration::ZERO;
        let entropy = Entropy::new(|buffer| {
            let n = COUNTER.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            buffer.iter_mut().zip(n.iter().cycle()).for_each(|(byte, n)| *byte = *n);
        });
        let now = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || OffsetDateTime::from_unix_timestamp(now.load(Ordering::Relaxed)).unwrap())
        };
        let blobs = Blobs::open(&Settings::Memory).unwrap();
        let spool = tempfile::tempdir().unwrap();
        spool.path().clone_into(&mut settings.spool);
        let receiver = Receiver::new(store.clone(), blobs.clone(), clock.clone(), entropy.clone());
        let web = Web {
            recognizer: Recognizer::Fake(Arc::new(Fake::new(Arc::new(store.clone())))),
            store,
            blobs,
            clock,
            passwords: Passwords::new(&entropy),
            tokens: AccessTokens::new(SECRET, time::Duration::minutes(15)),
            pseudonyms: Pseudonyms::new(SECRET),
            mfa: MfaKey::new([9; 32]),
            seals: SealKey::new([8; 32]),
            looks: Looks::default(),
            entropy,
            urls: SignedUrls::new([7; 32]),
            news: NewsFeed::default(),
            marked: MarkedPhotos::default(),
            receiver,
            system: a_system(),
            settings,
        };
        let pages = pages();
        Self { router: web::router(web.clone(), pages), web, now, cookies: Vec::new(), _spool: spool }
    }

    /// Takes up what was changed in `web`.
    pub(crate) fn rebuild(&mut self) {
        let pages = pages();
        self.router = web::router(self.web.clone(), pages);
    }

    /// A server with an admin who is logged in.
    pub(crate) async fn with_admin(pool: &PgPool) -> Self {
        let mut server = Self::start(pool).await;
        let token = server.setup_token().await.unwrap();
        let answer = server.post("/api/setup", &admin(&token)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        server.keep_cookies(&answer);
        server
    }

    pub(crate) async fn setup_token(&self) -> Option<String> {
        web::new_setup_token(&self.web.store, &self.web.clock, &self.web.entropy).await.unwrap()
    }

    /// Keeps the cookies that an answer sets, as a browser does.
    pub(crate) fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub(crate) fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    /// Exchanges the refresh token in the cookies, as a page does.
    pub(crate) async fn refresh(&mut self) -> Answer {
        let request = Request::post("/api/refresh").header("x-findme", "1").body(Body::empty()).unwrap();
        let answer = self.send(request).await;
        self.keep_cookies(&answer);
        answer
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    fn add_cookies(&self, request: &mut Request<Body>) {
        if !self.cookies.is_empty() && !request.headers().contains_key(header::AUTHORIZATION) {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
    }

    /// Calls as a program does: with a bearer token, or as nobody.
    pub(crate) async fn call(
        &self,
        bearer: Option<&str>,
        method: &str,
        uri: &str,
        json: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let body = json.map_or(Body::empty(), |json| Body::from(json.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        read(response).await
    }

    /// The response to a request as it is, its body unread.
    pub(crate) async fn response(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        self.add_cookies(&mut request);
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// The response, its body still open.
    pub(crate) async fn open(&self, uri: &str) -> axum::response::Response {
        self.open_request(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn open_request(&self, mut request: Request<Body>) -> axum::response::Response {
        self.add_cookies(&mut request);
        self.response(request).await
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, uri: &str, json: &Value) -> Answer {
        let request = Request::post(uri)
            .header("x-findme", "1")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form; a part with a file name is a file.
    pub(crate) async fn post_form(&self, uri: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        self.send(form(Method::POST, uri, parts)).await
    }

    /// Creates an event; returns its slug.
    pub(crate) async fn event(&self, name: &str) -> String {
        let answer = self.post("/api/events", &serde_json::json!({ "name": name })).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        answer.json()["slug"].as_str().unwrap().to_owned()
    }

    /// Uploads photos with these people on them.
    pub(crate) async fn upload(&self, event: &str, photos: &[(&str, &[&str])]) -> Answer {
        let bytes: Vec<_> = photos.iter().map(|(_, people)| Fake::photo_of(people)).collect();
        let parts: Vec<_> = photos
            .iter()
            .zip(&bytes)
            .map(|((name, _), bytes)| ("photo", Some(*name), bytes.as_ref()))
            .collect();
        self.post_form(&format!("/api/events/{event}/photos"), &parts).await
    }

    /// The same, as a program does.
    pub(crate) async fn upload_as(
        &self,
        who: &crate::people::Person,
        event: &str,
        photos: &[(&str, &[&str])],
    ) -> Answer {
        let bytes: Vec<_> = photos.iter().map(|(_, people)| Fake::photo_of(people)).collect();
        let named =
            photos.iter().zip(&bytes).map(|((name, _), bytes)| ("photo", Some(*name), bytes.as_ref()));
        let parts: Vec<_> = named.collect();
        let mut request = form(Method::POST, &format!("/api/events/{event}/photos"), &parts);
        let bearer = format!("Bearer {}", who.access).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        self.send(request).await
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker {
            store: self.web.store.clone(),
            blobs: self.web.blobs.clone(),
            recognizer: self.web.recognizer.clone(),
            entropy: self.web.entropy.clone(),
            clock: self.web.clock.clone(),
            receiver: self.web.receiver.clone(),
            public_url: self.web.settings.public_url.clone(),
            settings: WorkerSettings::default(),
            wake: Arc::default(),
        }
    }

    /// Does all background work.
    pub(crate) async fn work(&self) {
        self.worker().run_until_idle().await.unwrap();
        self.worker().purge_until_idle().await.unwrap();
    }

    /// Searches with a selfie of these people.
    pub(crate) async fn search(&self, event: &str, people: &[&str]) -> Answer {
        let selfie = Fake::photo_of(people);
        let consent = web::attendee::CONSENT_VERSION.as_bytes();
        let parts = [("consent_version", None, consent), ("selfie", Some("s.jpg"), selfie.as_ref())];
        self.post_form(&format!("/api/events/{event}/search"), &parts).await
    }
}

/// Stands for the parts of an installation, of which one is not as it should be.
fn a_system() -> System {
    let began = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    System::new(began, async |language| {
        let fine = Check { name: "database", ok: Health::Ok, detail: format!("{language:?}"), mend: None };
        let mend = Some("make room".to_owned());
        vec![fine, Check { name: "disk", ok: Health::Error, detail: "full".to_owned(), mend }]
    })
}

/// Stands for the pages; one of them panics.
fn pages() -> Router {
    let panics = || async { page_that_panics() };
    Router::new().route("/panic", axum::routing::get(panics)).fallback(|| async { "a page" })
}

fn page_that_panics() -> &'static str {
    std::panic::panic_any("a page that panics")
}

pub(crate) async fn read(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}

pub(crate) fn admin(token: &str) -> Value {
    serde_json::json!({"token": token, "name": "Ann", "email": "ann@example.org", "password": "correct horse"})
}

pub(crate) fn form(method: Method, uri: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, file_name, bytes) in parts {
        let file = file_name.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    Request::builder()
        .method(method)
        .uri(uri)
        .header("x-findme", "1")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap()
}
