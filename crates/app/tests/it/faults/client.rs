//! A program that uploads: by tus and by forms, through whichever server answers.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::album::Photo;
use super::book::{Acknowledged, Book, Trouble};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who is logged in. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    token: String,
    /// Addresses of the servers; they are one installation.
    servers: Vec<String>,
    event: String,
    pub(super) book: Arc<Book>,
}

/// How far an upload has come.
#[derive(Default)]
struct Upload {
    location: Option<String>,
    /// So many bytes were acknowledged.
    offset: usize,
    /// Whether the server has to be asked what has arrived.
    unsure: bool,
}

impl Client {
    /// Logs in, and creates the event.
    pub(super) async fn log_in(servers: Vec<String>, email: &str, password: &str, event: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let login = http.post(format!("{}/api/login", servers[0]));
        let login = login.json(&json!({"email": email, "password": password})).send().await.unwrap();
        let session: Value = login.json().await.unwrap();
        let token = session["access_token"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned();
        let client = Self { http, token, servers, event: event.to_lowercase(), book: Arc::default() };
        let request =
            client.http.post(format!("{}/api/events", client.servers[0])).bearer_auth(&client.token);
        assert_eq!(request.json(&json!({"name": event})).send().await.unwrap().status(), 201);
        client
    }

    /// A request to one of the servers.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let server = &self.servers[fastrand::usize(..self.servers.len())];
        self.http.request(method, format!("{server}{path}")).bearer_auth(&self.token)
    }

    /// The event, as the API shows it; `None` when nobody answers.
    pub(super) async fn event(&self) -> Option<Value> {
        let answer = self.request(Method::GET, &format!("/api/events/{}", self.event)).send().await.ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// Sends `photo` until a server has acknowledged it.
    pub(super) async fn upload(&self, photo: &Photo, by_tus: bool) {
        let mut upload = Upload::default();
        let mut wrongs = 0;
        loop {
            let sent = if by_tus { self.go_on(photo, &mut upload).await } else { self.form(photo).await };
            match sent {
                Ok(Some(photo_id)) => {
                    let acknowledged = Acknowledged { photo_id, scene: photo.scene };
                    return self.book.acknowledge(&photo.sha256, acknowledged);
                }
                Ok(None) => {}
                Err(Trouble::Wait(time)) => tokio::time::sleep(time).await,
                Err(Trouble::NoAnswer | Trouble::Conflict) => {
                    upload.unsure = true;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(Trouble::Wrong) => {
                    wrongs += 1;
                    if wrongs == 20 {
                        return;
                    }
                    upload = Upload::default();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Sends it as a form; its id, when that was acknowledged.
    async fn form(&self, photo: &Photo) -> Result<Option<String>, Trouble> {
        let part = Part::stream_with_length(photo.bytes.clone(), photo.bytes.len() as u64);
        let form = Form::new().part("photo", part.file_name(photo.name.clone()));
        let request =
            self.request(Method::POST, &format!("/api/events/{}/photos", self.event)).multipart(form);
        let answer = self.book.judge("form", request.send().await).await?;
        let body: Value = answer.json().await.map_err(|_| Trouble::NoAnswer)?;
        let result = &body["results"][0];
        match (result["outcome"].as_str(), result["photo_id"].as_str()) {
            (Some("accepted" | "duplicate"), Some(id)) => Ok(Some(id.to_owned())),
            _ => Err(self.book.wrong(format!("form: {body}"))),
        }
    }

    /// The next step of an upload by tus; the photo's id, when the upload is whole and that was acknowledged.
    async fn go_on(&self, photo: &Photo, upload: &mut Upload) -> Result<Option<String>, Trouble> {
        let Some(location) = upload.location.clone() else {
            upload.location = Some(self.create(photo).await?);
            return Ok(None);
        };
        if upload.unsure {
            let request = self.request(Method::HEAD, &location).header("Tus-Resumable", "1.0.0");
            let answer = self.book.judge("HEAD", request.send().await).await?;
            upload.unsure = false;
            return self.note(upload, &answer);
        }
        let rest = photo.bytes.slice(upload.offset..);
        let length = if rest.is_empty() { 0 } else { fastrand::usize(1..=rest.len()) };
        // Half of them end where the file does, so that there are not too many.
        let chunk = if fastrand::bool() { rest } else { rest.slice(..length) };
        let request = self.patch(&location, upload.offset, chunk);
        let sent = if fastrand::u8(..8) == 0 {
            // The client's own network fails.
            let moment = Duration::from_millis(fastrand::u64(1..40));
            tokio::time::timeout(moment, request.send()).await.map_err(|_| Trouble::NoAnswer)?
        } else {
            request.send().await
        };
        let answer = self.book.judge("PATCH", sent).await?;
        self.note(upload, &answer)
    }

    async fn create(&self, photo: &Photo) -> Result<String, Trouble> {
        let encoded = |text: &str| BASE64_STANDARD.encode(text);
        let request = self
            .request(Method::POST, &format!("/api/events/{}/uploads", self.event))
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Length", photo.bytes.len())
            .header("Upload-Metadata", format!("filename {}", encoded(&photo.name)));
        let answer = self.book.judge("POST", request.send().await).await?;
        let location = answer.headers().get("Location").and_then(|value| value.to_str().ok());
        // Another server may be asked next.
        let path = location.map(|location| location.split_once("/api/").map_or(location, |(_, path)| path));
        path.map(|path| format!("/api/{path}")).ok_or_else(|| self.book.wrong("POST: no Location".to_owned()))
    }

    fn patch(&self, location: &str, offset: usize, chunk: Bytes) -> RequestBuilder {
        let request = self
            .request(Method::PATCH, location)
            .header("Tus-Resumable", "1.0.0")
            .header("Content-Type", "application/offset+octet-stream")
            .header("Upload-Offset", offset);
        let request = if fastrand::bool() {
            request
        } else {
            let digest = BASE64_STANDARD.encode(Sha256::digest(&chunk));
            request.header("Upload-Checksum", format!("sha256 {digest}"))
        };
        request.body(chunk)
    }

    /// Takes note of the offset; bytes that were acknowledged may not have got lost.
    fn note(&self, upload: &mut Upload, answer: &Response) -> Result<Option<String>, Trouble> {
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if let (Some("accepted" | "duplicate"), Some(id)) = (text("FindMe-Outcome"), text("FindMe-Photo")) {
            return Ok(Some(id.to_owned()));
        }
        let offset = text("Upload-Offset").and_then(|text| text.parse().ok());
        match offset {
            Some(offset) if offset >= upload.offset => {
                upload.offset = offset;
                Ok(None)
            }
            _ => Err(self.book.wrong(format!("offset {offset:?} after {} were acknowledged", upload.offset))),
        }
    }

    /// What the server at `url` finds for a selfie: photos with their bands and scores.
    pub(super) async fn search(&self, url: &str, selfie: &std::path::Path) -> Vec<String> {
        let about = self.http.get(format!("{url}/api/attendee/events/{}", self.event)).send().await.unwrap();
        let about: Value = about.json().await.unwrap();
        let consent = about["consent_version"].as_str().unwrap().to_owned();
        let part = Part::bytes(std::fs::read(selfie).unwrap()).file_name("selfie.jpg");
        let form = Form::new().text("consent_version", consent).part("selfie", part);
        let search = self.http.post(format!("{url}/api/events/{}/search", self.event)).multipart(form);
        let answer = search.send().await.unwrap();
        assert!(answer.status().is_success(), "{url}: {}", answer.text().await.unwrap());
        let found: Value = answer.json().await.unwrap();
        let matches = found["matches"].as_array().unwrap();
        let mut lines: Vec<String> = matches
            .iter()
            .map(|one| format!("{} {} {:.4}", one["photo_id"], one["band"], one["score"].as_f64().unwrap()))
            .collect();
        lines.sort();
        lines
    }
}
