//! What the benches over HTTP share: an installation of their own, its server, and calls to it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// Where the server listens.
pub(crate) const URL: &str = "http://127.0.0.1:18080";
/// Of everybody who has an account.
pub(crate) const PASSWORD: &str = "quartz lantern meadow 58";

/// A server that is told to stop when it is dropped.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// The folder with photographs and models.
pub(crate) fn shared(root: &Path) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its files by the environment")]
    let named = std::env::var_os("FINDME_SHARED").map(PathBuf::from);
    named.unwrap_or_else(|| root.join("../shared")).canonicalize().expect("FINDME_SHARED names a folder")
}

/// Root's private database runs as another user, who must be able to enter.
pub(crate) fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
}

/// A command of the installation in `folder`.
pub(crate) fn findme(root: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_findme"));
    command
        .args(arguments)
        .current_dir(root)
        .env("FINDME_DATA", folder.join("data"))
        .env("FINDME_CACHE", root.join(".cache"))
        .env("FINDME_MODEL_MIRROR", shared(root).join("models"))
        .env("FINDME_LISTEN", URL.trim_start_matches("http://"))
        .env("LOG_LEVEL", "warn");
    command
}

/// Starts a server; the first one gets an admin and an event.
pub(crate) async fn start(mut command: Command, client: &reqwest::Client) -> Server {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("findme starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert!(lines.next().expect("a line").expect("text").contains("ready"));
    let needed: Value = get(client, "/api/setup").await;
    if needed["needed"] == true {
        let link = lines.next().expect("a link").expect("text");
        let token = link.split_once("token=").expect("a token").1;
        let admin = json!({"token": token, "name": "Ann", "email": "ann@example.org", "password": PASSWORD});
        post(client, "/api/setup", &admin).await;
        post(client, "/api/events", &json!({"name": "Gala"})).await;
    }
    Server(child)
}

/// The JSON at `path`.
pub(crate) async fn get(client: &reqwest::Client, path: &str) -> Value {
    client.get(format!("{URL}{path}")).send().await.expect("an answer").json().await.expect("JSON")
}

/// Sends JSON that must be accepted.
pub(crate) async fn post(client: &reqwest::Client, path: &str, body: &Value) {
    let request = client.post(format!("{URL}{path}")).header("X-FindMe", "1").json(body);
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

/// The files of `folder`, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Uploads the photographs of `folder`.
pub(crate) async fn send(client: &reqwest::Client, folder: &Path) {
    for part in files(folder).chunks(10) {
        let mut form = Form::new();
        for file in part {
            form = form.part("photo", Part::bytes(std::fs::read(file).expect("a photo")).file_name("a.jpg"));
        }
        let request =
            client.post(format!("{URL}/api/events/gala/photos")).header("X-FindMe", "1").multipart(form);
        assert!(request.send().await.expect("an answer").status().is_success());
    }
}

/// Uploads the photographs of `folder` and waits until they are read.
pub(crate) async fn upload(client: &reqwest::Client, folder: &Path) {
    let began = Instant::now();
    send(client, folder).await;
    loop {
        let counts = get(client, "/api/events/gala").await["counts"].clone();
        if counts["waiting"] == 0 && counts["working"] == 0 {
            println!("uploaded and read over HTTP in {:.1} s: {counts}", began.elapsed().as_secs_f64());
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The request that searches the event for the person on the selfie in `file`.
pub(crate) fn search(client: &reqwest::Client, file: &Path, consent: &str) -> reqwest::RequestBuilder {
    let selfie = Part::bytes(std::fs::read(file).expect("a selfie")).file_name("s.jpg");
    let form = Form::new().text("consent_version", consent.to_owned()).part("selfie", selfie);
    client.post(format!("{URL}/api/events/gala/search")).header("X-FindMe", "1").multipart(form)
}

/// The version of the consent that people are shown.
pub(crate) async fn consent(client: &reqwest::Client) -> String {
    let event = get(client, "/api/attendee/events/gala").await;
    event["consent_version"].as_str().expect("text").to_owned()
}

/// The value below which so many percent of them are.
pub(crate) fn quantile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}
