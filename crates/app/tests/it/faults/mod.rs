//! Two servers and two workers on one database and one store, each of which fails again and again while photos come
//! in: what was acknowledged is in the event, once, and nothing else is.
//!
//! A failing run prints its seed; `FINDME_FAULT_SEED` repeats the order and the moments of the faults.
#![expect(clippy::print_stdout, reason = "a failing run tells its seed and what happened")]

mod album;
mod book;
mod client;
mod cluster;
mod disturbance;
mod fleet;
mod full_disk;
mod proxy;
mod verdict;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::findme::{Place, text};
use crate::s3_server;
use album::Album;
use client::Client;
use cluster::Cluster;
use disturbance::{Pace, disturb};
use fleet::{Member, Settings};
use proxy::Proxy;

/// Clients that upload at once.
const CLIENTS: usize = 6;
/// The data folder of the process that makes the admin.
const DATA: &str = "data-0";
const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery";

/// What a test stands on: a database, a place for the processes, and what they are told.
struct Ground {
    // Dropped in this order: the database before the folder in which it lies.
    cluster: Cluster,
    settings: Settings,
    place: Place,
}

impl Ground {
    fn prepare(store: Settings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let place = Place::private_with_models();
        let cluster = Cluster::start(&place.path("database"));
        let settings = [
            ("DATABASE_URL", cluster.url()),
            ("DB_POOL_WEB", "10"),
            ("DB_POOL_JOBS", "6"),
            ("DB_POOL_BULK", "4"),
            ("FINDME_THREADS", "1"),
            ("JWT_SECRET", "of all processes of this installation"),
            ("JWT_EXPIRES_IN", "1day"),
            ("MFA_ENCRYPTION_KEY", &"5a".repeat(32)),
        ];
        let mut settings: Settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings.extend(store);
        let ground = Self { cluster, settings, place };
        ground.create_admin();
        ground
    }

    fn create_admin(&self) {
        let mut command = self.command(&["admin", "create", "--email", EMAIL, "--name", "Ann"], DATA);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }

    fn command(&self, arguments: &[&str], data: &str) -> std::process::Command {
        let mut command = self.place.command(arguments);
        command.envs(self.settings.iter().cloned()).env("FINDME_DATA", self.data(data));
        command
    }

    /// A data folder, as each machine has one; they share the key of signed addresses.
    fn data(&self, name: &str) -> PathBuf {
        let (folder, first) = (self.place.path(name), self.place.path(DATA).join("url.key"));
        std::fs::create_dir_all(&folder).unwrap();
        if first.exists() && !folder.join("url.key").exists() {
            std::fs::copy(first, folder.join("url.key")).unwrap();
        }
        folder
    }

    fn start(&self, name: &str, serves: bool, data: &str) -> Member {
        Member::start(&self.place, name, serves, &self.data(data), &self.settings)
    }

    async fn database(&self) -> sqlx::PgPool {
        sqlx::PgPool::connect(self.cluster.url()).await.unwrap()
    }

    /// What the program itself says of blobs and rows.
    fn examine(&self, data: &str) {
        let output = self.command(&["doctor", "--deep", "--dry-run"], data).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
}

/// The seed of this run.
fn seed() -> u64 {
    variable("FINDME_FAULT_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000))
}

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "tests are told their files by the environment")]
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Uploads photos one after the other, some of them twice at the same time, until told to stop.
async fn keep_uploading(
    client: Client,
    album: Arc<Album>,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    pause_ms: u64,
) {
    while !stop.load(Ordering::SeqCst) {
        let photo = album.photo(next.fetch_add(1, Ordering::SeqCst));
        let by_tus = fastrand::u8(..10) < 7;
        if fastrand::u8(..8) == 0 {
            tokio::join!(client.upload(&photo, by_tus), client.upload(&photo, !by_tus));
        } else {
            client.upload(&photo, by_tus).await;
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(pause_ms / 5..pause_ms))).await;
    }
}

fn store_settings(endpoint: std::net::SocketAddr) -> Settings {
    let settings = [
        ("S3_BUCKET", "photos"),
        ("S3_ENDPOINT", &format!("http://{endpoint}")),
        ("S3_REGION", "us-east-1"),
        ("S3_ACCESS_KEY_ID", "key"),
        ("S3_SECRET_ACCESS_KEY", "right-secret"),
    ];
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Lets everything fail at the pace while photos come in, and checks what must be true at the end. Returns a line that
/// says what happened.
async fn survive(pace: Pace, pause_ms: u64, drain: Duration) -> String {
    let seed = seed();
    println!("FINDME_FAULT_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let store = s3_server::start().await;
    let proxy = Proxy::before(store.address).await;
    let mut ground = tokio::task::block_in_place(|| Ground::prepare(store_settings(proxy.address)));
    let members = [("server-a", true), ("server-b", true), ("worker-c", false), ("worker-d", false)];
    let members = members.map(|(name, serves)| ground.start(name, serves, &format!("data-{name}")));
    join_all(members.iter().map(Member::ready)).await;
    let urls: Vec<String> = members.iter().filter_map(|member| member.url.clone()).collect();
    let client = Client::log_in(urls, EMAIL, PASSWORD, "Gala").await;
    let (album, stop) = (Arc::new(Album::open(seed)), Arc::new(AtomicBool::new(false)));
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let uploading = (0..CLIENTS).map(|_| {
        let (album, next, stop) = (Arc::clone(&album), Arc::clone(&next), Arc::clone(&stop));
        tokio::spawn(keep_uploading(client.clone(), album, next, stop, pause_ms))
    });
    let uploading: Vec<_> = uploading.collect();
    let faults = disturb(&members, &mut ground.cluster, &proxy, &mut random, pace).await;
    let (disturbed, healed) = (began.elapsed(), Instant::now());
    stop.store(true, Ordering::SeqCst);
    println!("{}", faults.join("; "));
    let ended = tokio::time::timeout(drain, join_all(uploading)).await;
    println!("{}", client.book.summary());
    let last_words = || members.iter().map(|member| format!("{}:\n{}", member.name, member.last_words()));
    assert!(ended.is_ok(), "clients wait in vain\n{}", last_words().collect::<Vec<_>>().join("\n"));
    join_all(members.iter().map(Member::ready)).await;
    verdict::settled(&client, drain).await;
    let settled = healed.elapsed();
    judge(&ground, (&store.bucket(), DATA), &client, &album, &members).await;
    format!(
        "{:.0} s with {} faults, all settled {:.0} s later, {} photos; {}",
        disturbed.as_secs_f64(),
        faults.len(),
        settled.as_secs_f64(),
        client.book.acknowledged().len(),
        client.book.summary()
    )
}

/// `data` is the data folder in which the store lies, if it is one.
async fn judge(
    ground: &Ground,
    (bucket, data): (&Path, &str),
    client: &Client,
    album: &Album,
    members: &[Member],
) {
    let complaints: Vec<String> = members.iter().flat_map(Member::complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(client.book.wrongs().is_empty(), "{}", client.book.wrongs().join("\n"));
    let acknowledged = client.book.acknowledged();
    assert!(acknowledged.len() >= 8, "{} photos", acknowledged.len());
    let database = ground.database().await;
    verdict::nothing_lost_nothing_twice(&database, bucket, &acknowledged).await;
    database.close().await;
    tokio::task::block_in_place(|| ground.examine(data));
    let fresh = ground.start("server-fresh", true, if data == DATA { "data-fresh" } else { data });
    let servers: Vec<&Member> = members.iter().filter(|member| member.url.is_some()).collect();
    verdict::searches_agree(client, album, &servers, &fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_fails_nothing_acknowledged_is_lost_or_there_twice() {
    let pace = Pace { lasts: Duration::ZERO, pause_ms_max: 2000, outage_ms_max: 2500 };
    println!("{}", survive(pace, 900, Duration::from_mins(2)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes ten minutes, or FINDME_FAULT_SECONDS"]
async fn the_same_for_a_long_time() {
    let lasts = Duration::from_secs(variable("FINDME_FAULT_SECONDS").unwrap_or(600));
    let pace = Pace { lasts, pause_ms_max: 4000, outage_ms_max: 15_000 };
    println!("{}", survive(pace, 1500, Duration::from_mins(10)).await);
}
