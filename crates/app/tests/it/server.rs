//! `findme serve --with-worker`, as people start it, and a client for it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::findme::Place;

/// A server that runs until dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) setup_link: Option<String>,
    pub(crate) client: reqwest::Client,
}

impl Server {
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// With these settings.
    pub(crate) fn start_with(place: &Place, settings: &[(&str, &str)]) -> Self {
        Self::start_as(place, &["serve", "--with-worker"], settings)
    }

    /// With these arguments and settings.
    pub(crate) fn start_as(place: &Place, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = place.command(arguments);
        command.envs(settings.iter().copied());
        Place::keep_logs(&mut command);
        // Port 0 is not used: the printed address must be the one people can open.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        command.env("FINDME_LISTEN", format!("127.0.0.1:{port}")).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().expect("a line when ready").unwrap();
        assert!(ready.starts_with("FindMe is ready: http://127.0.0.1:"), "{ready}");
        let url = format!("http://127.0.0.1:{port}");
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let link = receiver.recv_timeout(Duration::from_millis(500)).ok();
        let setup_link = link.and_then(|line| Some(line.split_once("http")?.1.to_owned()));
        let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
        Self { child, url, setup_link, client }
    }

    pub(crate) fn terminate(mut self) -> std::process::ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, json: &Value) -> reqwest::Response {
        self.client
            .post(format!("{}{path}", self.url))
            .header("X-FindMe", "1")
            .json(json)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn post_form(&self, path: &str, form: Form) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.url)).header("X-FindMe", "1").multipart(form);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn search(&self, event: &str, selfie: &Path, consent: &str) -> (u16, Value) {
        let part = Part::bytes(std::fs::read(selfie).unwrap()).file_name("selfie.jpg");
        let form = Form::new().text("consent_version", consent.to_owned()).part("selfie", part);
        self.post_form(&format!("/api/events/{event}/search"), form).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
