//! `findme upload`, as people start it, against a server that misbehaves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use domain::Digest;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::findme::{Place, shared, some_photos, text};
use crate::serve::set_up;
use crate::server::Server;
use crate::upload_fake::{Fake, bad_network};

/// A photographer's machine: a card, and a home folder. No installation is there.
struct Laptop {
    folder: tempfile::TempDir,
    url: String,
}

impl Laptop {
    fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("DCIM")).unwrap();
        Self { folder, url: url.to_owned() }
    }

    fn card(&self) -> PathBuf {
        self.folder.path().join("DCIM")
    }

    /// A file of random bytes that ends like a JPEG.
    fn shoot(&self, name: &str, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        getrandom::fill(&mut bytes).unwrap();
        bytes[size - 2..].copy_from_slice(b"\xff\xd9");
        std::fs::write(self.card().join(name), &bytes).unwrap();
        bytes
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_findme"));
        command
            .args([
                "upload",
                "--server",
                &self.url,
                "--event",
                "gala",
                "--email",
                "ann@example.org",
                "--json",
            ])
            .args(more)
            .arg(self.card())
            .current_dir(self.folder.path())
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .env("FINDME_DATA", self.folder.path().join("data"))
            .env("FINDME_PASSWORD", "right")
            .env("LOG_LEVEL", "warn")
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn upload(&self, more: &[&str]) -> Output {
        let output = self.command(more).output().await.unwrap();
        assert!(!self.folder.path().join("data").exists(), "an upload needs no installation");
        output
    }

    /// Ends well; returns the summary.
    async fn uploads(&self, more: &[&str]) -> Value {
        let output = self.upload(more).await;
        assert!(output.status.success(), "{}", text(&output));
        json(&output)
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn size(photos: &[Vec<u8>]) -> usize {
    photos.iter().map(Vec::len).sum()
}

/// The server holds exactly these, byte for byte.
fn assert_holds(fake: &Fake, photos: &[Vec<u8>]) {
    let world = fake.world();
    let held: BTreeSet<&Vec<u8>> = world.photos.iter().map(|(_, data)| data).collect();
    assert_eq!(world.photos.len(), photos.len(), "each once");
    assert!(held == photos.iter().collect(), "byte for byte");
}

fn failed<'a>(summary: &'a Value, name: &str) -> &'a str {
    let failed = summary["failed"].as_array().unwrap();
    let one = failed.iter().find(|one| Path::new(one["file"].as_str().unwrap()).ends_with(name));
    one.unwrap_or_else(|| panic!("{name} is not named: {summary}"))["reason"].as_str().unwrap()
}

#[tokio::test]
async fn everything_is_sent_and_told_and_nothing_twice() {
    let fake = Fake::default();
    let laptop = Laptop::new(&fake.serve().await);
    let mut photos: Vec<Vec<u8>> = (0..9).map(|n| laptop.shoot(&format!("{n}.jpg"), 50_000 + n)).collect();
    std::fs::write(laptop.card().join("twin.jpg"), &photos[3]).unwrap();
    std::fs::write(laptop.card().join("there.jpg"), b"there already \xff\xd9").unwrap();
    fake.world().photos.push(("theirs.jpg".to_owned(), b"there already \xff\xd9".to_vec()));
    photos.push(b"there already \xff\xd9".to_vec());
    let summary = laptop.uploads(&[]).await;
    assert_eq!((&summary["sent"], &summary["there_already"]), (&9.into(), &2.into()), "{summary}");
    assert_eq!((&summary["ready"], &summary["faces"]), (&10.into(), &30.into()), "{summary}");
    assert_holds(&fake, &photos);
    let bytes: usize = photos[..9].iter().map(Vec::len).sum();
    assert_eq!(fake.world().bytes, bytes);
    // What was read once is not read again: these contents are new, but nothing tells.
    for n in 0..9 {
        let path = laptop.card().join(format!("{n}.jpg"));
        let written = path.metadata().unwrap().modified().unwrap();
        std::fs::write(&path, vec![0; 50_000 + n]).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    let again = laptop.uploads(&[]).await;
    assert_eq!((&again["sent"], &again["there_already"]), (&0.into(), &11.into()), "{again}");
    assert_eq!(fake.world().bytes, bytes, "nothing was sent");
    assert_eq!(fake.world().known_asked.last(), Some(&11), "all are asked for at once");
    // A file that was touched is a new one.
    photos.push(laptop.shoot("0.jpg", 60_000));
    let touched = laptop.uploads(&[]).await;
    assert_eq!(touched["sent"], 1, "{touched}");
    assert_holds(&fake, &photos);
}

#[tokio::test]
async fn killed_at_random_moments_it_goes_on_where_it_was() {
    let fake = Fake::default();
    fake.world().slowly = Duration::from_millis(150);
    let laptop = Laptop::new(&fake.serve().await);
    let photos: Vec<Vec<u8>> = (0..12).map(|n| laptop.shoot(&format!("{n}.jpg"), 1_000_000 + n)).collect();
    let (mut moments, mut kills_under_way) = (Vec::new(), 0);
    for _ in 0..5 {
        let mut child = laptop.command(&[]).spawn().unwrap();
        let mut random = [0; 2];
        getrandom::fill(&mut random).unwrap();
        let moment = Duration::from_millis(200 + u64::from(u16::from_le_bytes(random)) % 800);
        tokio::time::sleep(moment).await;
        kills_under_way += usize::from(child.try_wait().unwrap().is_none());
        child.kill().await.unwrap();
        moments.push(moment);
    }
    assert!(kills_under_way > 0, "it was over before the first kill");
    fake.world().slowly = Duration::ZERO;
    let summary = laptop.uploads(&[]).await;
    assert_holds(&fake, &photos);
    let (sent, there) = (summary["sent"].as_u64().unwrap(), summary["there_already"].as_u64().unwrap());
    assert_eq!(sent + there, 12, "killed at {moments:?}: {summary}");
    let world = fake.world();
    assert_eq!(world.bytes, size(&photos), "no byte was sent twice, killed at {moments:?}");
}

#[tokio::test]
async fn cut_connections_cost_only_what_was_on_the_way() {
    let fake = Fake::default();
    let laptop = Laptop::new(&bad_network(&fake.serve().await).await);
    let photos: Vec<Vec<u8>> = (0..6).map(|n| laptop.shoot(&format!("{n}.jpg"), 1_500_000 + n)).collect();
    let summary = laptop.uploads(&["--parallel", "3"]).await;
    assert_eq!(summary["sent"], 6, "{summary}");
    assert_holds(&fake, &photos);
    let world = fake.world();
    assert_eq!(world.bytes, size(&photos));
    let heads = world.asked.iter().filter(|(_, asked)| asked.starts_with("HEAD")).count();
    assert!(heads >= 6, "{heads} cuts are too few for a test");
}

#[tokio::test]
async fn a_busy_server_is_left_alone_as_long_as_it_says() {
    let fake = Fake::default();
    fake.world().busy = 1;
    let laptop = Laptop::new(&fake.serve().await);
    let photos = [laptop.shoot("a.jpg", 1000)];
    laptop.uploads(&["--parallel", "1"]).await;
    assert_holds(&fake, &photos);
    let world = fake.world();
    let posts: Vec<Instant> =
        world.asked.iter().filter(|(_, asked)| asked == "POST /uploads").map(|(at, _)| *at).collect();
    assert_eq!(posts.len(), 2, "{:?}", world.asked);
    let waited = posts[1] - posts[0];
    assert!((2.0..4.0).contains(&waited.as_secs_f64()), "{waited:?}");
}

#[tokio::test]
async fn four_at_once_renew_one_log_in_once() {
    let fake = Fake::default();
    fake.world().token_uses = Some(7);
    let laptop = Laptop::new(&fake.serve().await);
    let photos: Vec<Vec<u8>> = (0..20).map(|n| laptop.shoot(&format!("{n}.jpg"), 10_000 + n)).collect();
    laptop.uploads(&[]).await;
    assert_holds(&fake, &photos);
    let world = fake.world();
    assert!(!world.reused, "a refresh token was used twice");
    assert_eq!(world.log_ins, 1);
    assert!(world.renewals >= 5, "{}", world.renewals);
}

#[tokio::test]
async fn a_refresh_token_is_enough() {
    let fake = Fake::default();
    let url = fake.serve().await;
    let laptop = Laptop::new(&url);
    let photos = [laptop.shoot("a.jpg", 1000)];
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let form = serde_json::json!({ "password": "right" });
    let tokens: Value =
        client.post(format!("{url}/api/login")).json(&form).send().await.unwrap().json().await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_findme"));
    command.args(["upload", "--server", &url, "--event", "gala"]).arg(laptop.card());
    command.env("FINDME_TOKEN", tokens["refresh_token"].as_str().unwrap());
    command
        .env("XDG_CACHE_HOME", laptop.folder.path())
        .current_dir(laptop.folder.path())
        .stdin(Stdio::null());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 files sent, 0 there already"), "{}", text(&output));
    assert_holds(&fake, &photos);
    assert_eq!((fake.world().renewals, fake.world().reused), (1, false));
}

#[tokio::test]
async fn every_failure_is_named_and_the_others_go_on() {
    let fake = Fake::default();
    let laptop = Laptop::new(&fake.serve().await);
    let fine = laptop.shoot("fine.jpg", 20_000);
    for name in ["text.jpg", "damaged-1.jpg", "damaged-2.jpg"] {
        laptop.shoot(name, 30_000);
    }
    // The answer comes long before all of it is sent, and may get lost.
    laptop.shoot("text-long.jpg", 9_000_000);
    laptop.shoot("flips.jpg", 1000);
    std::fs::write(laptop.card().join("notes.txt"), "no photo, and not sent").unwrap();
    for _ in 0..2 {
        // The second run names those that cannot be read again.
        let output = laptop.upload(&[]).await;
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        let summary = json(&output);
        assert_eq!(summary["failed"].as_array().unwrap().len(), 5, "{summary}");
        assert_eq!(failed(&summary, "text.jpg"), "This is no photo.");
        assert_eq!(failed(&summary, "text-long.jpg"), "This is no photo.");
        assert!(failed(&summary, "flips.jpg").contains("not what was read"), "{summary}");
        assert_eq!(failed(&summary, "damaged-1.jpg"), "The photo is damaged.");
        assert_eq!(failed(&summary, "damaged-2.jpg"), "The photo is damaged.");
    }
    assert!(fake.world().photos.iter().any(|(_, data)| *data == fine));
    let everything = laptop.upload(&["--all"]).await;
    assert_eq!(json(&everything)["files"], 7, "notes.txt too: {}", text(&everything));
}

#[tokio::test]
async fn files_that_shrink_or_vanish_are_named() {
    let fake = Fake::default();
    fake.world().slowly = Duration::from_millis(50);
    let laptop = Laptop::new(&fake.serve().await);
    laptop.shoot("1-shrinks.jpg", 20_000_000);
    laptop.shoot("2-vanishes.jpg", 1000);
    let fine = [laptop.shoot("3-fine.jpg", 1000)];
    let child = laptop.command(&["--parallel", "1"]).spawn().unwrap();
    until("nothing arrives", || fake.world().bytes > 0).await;
    let shrunk = std::fs::File::options().write(true).open(laptop.card().join("1-shrinks.jpg")).unwrap();
    shrunk.set_len(500_000).unwrap();
    std::fs::remove_file(laptop.card().join("2-vanishes.jpg")).unwrap();
    fake.world().slowly = Duration::ZERO;
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let summary = json(&output);
    assert!(failed(&summary, "1-shrinks.jpg").contains("it changed"), "{summary}");
    assert!(failed(&summary, "2-vanishes.jpg").contains("No such file"), "{summary}");
    assert_holds(&fake, &fine);
}

#[tokio::test]
async fn what_cannot_run_at_all_says_the_mend() {
    let fake = Fake::default();
    let laptop = Laptop::new(&fake.serve().await);
    let empty = laptop.upload(&[]).await;
    assert_eq!(empty.status.code(), Some(1), "{}", text(&empty));
    assert!(text(&empty).contains("there are no photographs"), "{}", text(&empty));
    laptop.shoot("a.jpg", 1000);
    let wrong = laptop.command(&[]).env("FINDME_PASSWORD", "wrong").output().await.unwrap();
    assert_eq!(wrong.status.code(), Some(1), "{}", text(&wrong));
    assert!(text(&wrong).contains("the password is wrong"), "{}", text(&wrong));
    let nameless = laptop.command(&[]).env_remove("FINDME_PASSWORD").output().await.unwrap();
    assert_eq!(nameless.status.code(), Some(1), "{}", text(&nameless));
    assert!(text(&nameless).contains("FINDME_PASSWORD"), "{}", text(&nameless));
    let nobody = Laptop::new("http://127.0.0.1:9");
    nobody.shoot("a.jpg", 1000);
    let refused = nobody.upload(&[]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("Connection refused"), "{}", text(&refused));
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up() {
    let fake = Fake::default();
    fake.world().busy = usize::MAX;
    let laptop = Laptop::new(&fake.serve().await);
    (0..5).for_each(|n| drop(laptop.shoot(&format!("{n}.jpg"), 1000)));
    let output = laptop.upload(&["--give-up-after", "3s"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let summary = json(&output);
    assert_eq!(summary["not_sent"], 5, "{summary}");
    assert!(summary["ended_early"].as_str().unwrap().contains("nothing arrived for 3s"), "{summary}");
    fake.world().busy = 0;
    assert_eq!(laptop.uploads(&[]).await["sent"], 5);
}

#[tokio::test]
async fn interrupted_it_says_how_to_go_on() {
    let fake = Fake::default();
    fake.world().slowly = Duration::from_millis(50);
    let laptop = Laptop::new(&fake.serve().await);
    let photos: Vec<Vec<u8>> = (0..4).map(|n| laptop.shoot(&format!("{n}.jpg"), 3_000_000 + n)).collect();
    let child = laptop.command(&[]).spawn().unwrap();
    until("nothing arrives", || fake.world().bytes > 500_000).await;
    signal(&child, Signal::INT);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).contains("Run the same command again to go on."), "{}", text(&output));
    fake.world().slowly = Duration::ZERO;
    laptop.uploads(&[]).await;
    assert_holds(&fake, &photos);
    assert_eq!(fake.world().bytes, size(&photos), "it went on where it was");
}

#[tokio::test]
async fn watching_takes_a_file_when_it_is_whole() {
    let fake = Fake::default();
    let laptop = Laptop::new(&fake.serve().await);
    let before = laptop.shoot("before.jpg", 10_000);
    let child = laptop.command(&["--watch"]).spawn().unwrap();
    until("the first photo does not arrive", || fake.world().photos.len() == 1).await;
    // A camera writes for four seconds.
    let mut whole = Vec::new();
    for piece in 0..8_u8 {
        whole.extend(vec![piece; 100_000]);
        let end: &[u8] = if piece == 7 { b"\xff\xd9" } else { b"" };
        whole.extend_from_slice(end);
        std::fs::write(laptop.card().join("new.jpg"), &whole).unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(fake.world().uploads.len(), 1, "it is not whole yet");
    }
    until("the second photo does not arrive", || fake.world().photos.len() == 2).await;
    signal(&child, Signal::INT);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(json(&output)["sent"], 2, "{}", text(&output));
    assert_holds(&fake, &[before, whole]);
}

#[tokio::test]
async fn the_real_server_holds_and_reads_every_photo() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let server = Server::start_with(&place, &[("JWT_EXPIRES_IN", "2s")]);
    set_up(&server).await;
    let laptop = Laptop::new(&bad_network(&server.url).await);
    let photos = std::fs::read_dir(some_photos(&place, 12)).unwrap().map(|entry| entry.unwrap().path());
    let hostile = ["text_as.jpg", "truncated_50pct.jpg", "zero_byte.jpg"];
    let mut digests = BTreeSet::new();
    for path in photos {
        digests.insert(Digest::of(&std::fs::read(&path).unwrap()));
        std::fs::copy(&path, laptop.card().join(path.file_name().unwrap())).unwrap();
    }
    for name in hostile {
        std::fs::copy(shared().join("hostile").join(name), laptop.card().join(name)).unwrap();
    }
    let command = || {
        let mut command = laptop.command(&[]);
        command.env("FINDME_PASSWORD", "correct horse");
        command
    };
    let mut killed = command().spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    killed.kill().await.unwrap();
    let output = command().output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let summary = json(&output);
    assert_eq!(summary["failed"].as_array().unwrap().len(), hostile.len(), "{summary}");
    for name in hostile {
        assert_ne!(failed(&summary, name), "", "{summary}");
    }
    assert_eq!((&summary["not_sent"], &summary["waiting"]), (&0.into(), &0.into()), "{summary}");
    let number = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(number("sent") + number("there_already"), 12, "{summary}");
    let (mut counts, mut tries) = (Value::Null, 0);
    while counts["ready"] != 12 {
        assert!(tries < 100, "{counts}");
        tries += 1;
        assert!(server.post("/api/refresh", &Value::Null).await.status().is_success());
        counts = server.get("/api/events/gala").await["counts"].clone();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let blobs = walkdir::WalkDir::new(place.path("data/blobs")).into_iter().flatten();
    let files = blobs.filter(|entry| entry.file_type().is_file());
    let held: BTreeSet<Digest> =
        files.map(|entry| Digest::of(&std::fs::read(entry.path()).unwrap())).collect();
    assert!(held.is_superset(&digests), "every photo is there, byte for byte");
    let again = command().output().await.unwrap();
    assert_eq!((json(&again)["sent"].as_u64(), again.status.code()), (Some(0), Some(2)), "{}", text(&again));
}
