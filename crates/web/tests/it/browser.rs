//! Somebody's browser with a page of ours in it: it keeps cookies, and no two share them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use recognizer::Fake;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, form, read};
use crate::people::PASSWORD;

/// A browser.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn at(server: &'a Server) -> Self {
        Self { server, cookies: Vec::new() }
    }

    /// Calls as a page does.
    pub(crate) async fn call(&mut self, method: &str, uri: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder().method(method).uri(uri).header("x-findme", "1");
        let body = body.map_or(Body::empty(), |json| Body::from(json.to_string()));
        let answer = read(
            self.open(request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()).await,
        )
        .await;
        self.keep(&answer);
        answer
    }

    pub(crate) async fn get(&mut self, uri: &str) -> Answer {
        self.call("GET", uri, None).await
    }

    /// Searches with a selfie of these people.
    pub(crate) async fn search(&mut self, event: &str, people: &[&str]) -> Answer {
        let selfie = Fake::photo_of(people);
        let consent = web::attendee::CONSENT_VERSION.as_bytes();
        let parts = [("consent_version", None, consent), ("selfie", Some("s.jpg"), selfie.as_ref())];
        let uri = format!("/api/events/{event}/search");
        let answer = read(self.open(form(Method::POST, &uri, &parts)).await).await;
        self.keep(&answer);
        answer
    }

    /// Adds a selfie of these people to an earlier search.
    pub(crate) async fn search_more(&mut self, event: &str, people: &[&str], sealed: &str) -> Answer {
        let selfie = Fake::photo_of(people);
        let consent = web::attendee::CONSENT_VERSION.as_bytes();
        let parts = [
            ("consent_version", None, consent),
            ("selfie", Some("s.jpg"), selfie.as_ref()),
            ("sealed", None, sealed.as_bytes()),
        ];
        let uri = format!("/api/events/{event}/search");
        let answer = read(self.open(form(Method::POST, &uri, &parts)).await).await;
        self.keep(&answer);
        answer
    }

    /// Sends a request with the browser's cookies; the response is unread.
    pub(crate) async fn open(&self, mut request: Request<Body>) -> axum::response::Response {
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        self.server.response(request).await
    }

    /// Logs in at the event.
    pub(crate) async fn log_in(&mut self, event: &str, name: &str) -> Answer {
        let form = json!({"login": format!("{name}@example.org"), "password": PASSWORD, "event": event});
        self.call("POST", "/api/login", Some(&form)).await
    }

    /// Registers at the event.
    pub(crate) async fn register(&mut self, event: &str, name: &str) -> Answer {
        let form = json!({"name": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        self.call("POST", &format!("/api/events/{event}/register"), Some(&form)).await
    }

    /// Enters by a code.
    pub(crate) async fn enter(&mut self, event: &str, code: &str) -> Answer {
        let uri = format!("/api/attendee/events/{event}/enter");
        self.call("POST", &uri, Some(&json!({ "code": code }))).await
    }

    /// The event's page.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        let answer = self.get(&format!("/api/attendee/events/{event}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    }

    /// Marks a photo, or takes the mark back.
    pub(crate) async fn favourite(&mut self, method: &str, event: &str, photo_id: &str) -> Answer {
        self.call(method, &format!("/api/attendee/events/{event}/favourites/{photo_id}"), None).await
    }

    /// The ids of the favourites.
    pub(crate) async fn favourites(&mut self, event: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/attendee/events/{event}/favourites")).await;
        assert_eq!(answer.status, StatusCode::OK);
        ids(&answer.json()["photos"])
    }

    /// Says whether a photo shows whoever uses the browser.
    pub(crate) async fn verdict(&mut self, event: &str, photo_id: &str, is_me: bool) -> Answer {
        let uri = format!("/api/attendee/events/{event}/verdicts/{photo_id}");
        self.call("PUT", &uri, Some(&json!({ "is_me": is_me }))).await
    }

    /// The cookies, as the browser sends them.
    pub(crate) fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// The ids of a list of photos.
pub(crate) fn ids(photos: &Value) -> Vec<String> {
    let photos = photos.as_array().unwrap().iter();
    photos.map(|photo| photo["photo_id"].as_str().unwrap().to_owned()).collect()
}

/// The ids of what was uploaded.
pub(crate) fn uploaded(answer: &Answer) -> Vec<String> {
    ids(&answer.json()["results"])
}
