//! `cargo bench -p app --bench login`: how much 50 connections that send wrong passwords as fast as they are answered
//! delay a selfie's answer, with the server's rate limits on and lifted.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use server::{
    PASSWORD, URL, consent, files, findme, open_to_all, post, quantile, search, shared, start, upload,
};

const CONNECTIONS: u32 = 50;
/// Each round is searches alone and searches beside the log-ins, in alternating order.
const ROUNDS: usize = 8;
/// In each half of a round.
const SEARCHES: usize = 40;
/// Log-ins run so long before the searches beside them begin.
const HEAD_START: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let event = shared(&root).join("photos/public-event");
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    assert!(findme(&root, folder.path(), &["models", "pull"]).status().expect("findme").success());
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let serve = |arguments: &[&str], limits: &str| {
        let mut command = findme(&root, folder.path(), arguments);
        command.env("FINDME_RATE_LIMITS", limits);
        command
    };

    let server = start(serve(&["serve", "--with-worker"], "off"), &client).await;
    upload(&client, &event.join("photos")).await;
    for number in 0..CONNECTIONS / 2 {
        let name = format!("Staff {number}");
        let staff =
            json!({"role": "photographer", "name": name, "email": email(number), "password": PASSWORD});
        post(&client, "/api/staff", &staff).await;
    }
    drop(server);

    let selfies = files(&event.join("selfies"));
    let mut rows = Vec::new();
    for limits in ["on", "off"] {
        let _server = start(serve(&["serve"], limits), &client).await;
        rows.push(measure(&client, &selfies, limits).await);
    }
    print_report(&root, &rows);
}

/// The numbers below half of [`CONNECTIONS`] have an account.
fn email(number: u32) -> String {
    format!("staff-{number}@example.org")
}

/// What one server was asked.
struct Row {
    limits: &'static str,
    /// Milliseconds from selfie to answer, by round.
    alone: Vec<Vec<f64>>,
    beside: Vec<Vec<f64>>,
    /// Searches that were told to come back; they were sent again.
    searches_limited: u32,
    load: Load,
}

async fn measure(client: &reqwest::Client, selfies: &[PathBuf], limits: &'static str) -> Row {
    let consent = consent(client).await;
    let mut row =
        Row { limits, alone: Vec::new(), beside: Vec::new(), searches_limited: 0, load: Load::default() };
    // The first ones load the gallery and fill caches.
    let _ = time_searches(client, &selfies[..10], &consent, &mut 0).await;
    for round in 0..ROUNDS {
        let part: Vec<PathBuf> =
            selfies.iter().cycle().skip(round * SEARCHES).take(SEARCHES).cloned().collect();
        for half in 0..2 {
            if (round + half).is_multiple_of(2) {
                let times = time_searches(client, &part, &consent, &mut row.searches_limited).await;
                row.alone.push(times);
            } else {
                let attack = Attack::start();
                tokio::time::sleep(HEAD_START).await;
                let times = time_searches(client, &part, &consent, &mut row.searches_limited).await;
                row.beside.push(times);
                row.load.add(&attack.stop());
            }
        }
        let (alone, beside) = (&row.alone[round], &row.beside[round]);
        let (alone, beside) = (quantile(alone.clone(), 50), quantile(beside.clone(), 50));
        println!("limits {limits}, round {}: {alone:.1} ms alone, {beside:.1} ms beside log-ins", round + 1);
    }
    row
}

/// One search after the other. One that is told to come back does, and only its last try is timed.
async fn time_searches(
    client: &reqwest::Client,
    selfies: &[PathBuf],
    consent: &str,
    limited: &mut u32,
) -> Vec<f64> {
    let mut times = Vec::new();
    for file in selfies {
        loop {
            let request = search(client, file, consent);
            let began = Instant::now();
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            let wait =
                answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            answer.bytes().await.expect("a body");
            if status != StatusCode::TOO_MANY_REQUESTS {
                assert!(status.is_success(), "{}: {status}", file.display());
                times.push(began.elapsed().as_secs_f64() * 1000.0);
                break;
            }
            *limited += 1;
            tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1))).await;
        }
    }
    times
}

/// The connections that send wrong passwords. They live on one thread of their own, at the lowest priority, and each
/// waits for its answer before it asks again.
struct Attack {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Load>,
}

/// What the wrong passwords were answered, and what asking cost.
#[derive(Default)]
struct Load {
    accepted: u32,
    refused: u32,
    limited: u32,
    other: u32,
    seconds: f64,
    cpu_seconds: f64,
}

impl Load {
    fn add(&mut self, more: &Self) {
        self.accepted += more.accepted;
        self.refused += more.refused;
        self.limited += more.limited;
        self.other += more.other;
        self.seconds += more.seconds;
        self.cpu_seconds += more.cpu_seconds;
    }
}

impl Attack {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            // On Linux this is the thread's own (nice(2)).
            rustix::process::nice(19).expect("anybody may give way");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(attack(&told))
        });
        Self { stop, thread }
    }

    fn stop(self) -> Load {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the log-ins do not panic")
    }
}

async fn attack(stop: &AtomicBool) -> Load {
    let began = Instant::now();
    let counts = [const { AtomicU32::new(0) }; 4];
    let connections = (0..CONNECTIONS).map(|number| wrong_passwords(number, stop, &counts));
    futures::future::join_all(connections).await;
    let [accepted, refused, limited, other] = counts.map(AtomicU32::into_inner);
    let seconds = began.elapsed().as_secs_f64();
    Load { accepted, refused, limited, other, seconds, cpu_seconds: cpu_seconds_of_thread() }
}

/// One connection. Half of them name accounts that exist, each its own; the other half addresses that nobody has.
async fn wrong_passwords(number: u32, stop: &AtomicBool, counts: &[AtomicU32; 4]) {
    let client = reqwest::Client::new();
    let account = if number.is_multiple_of(2) { number / 2 } else { CONNECTIONS + number };
    let mut tries: u32 = 0;
    while !stop.load(Ordering::Relaxed) {
        tries += 1;
        let body = json!({"login": email(account), "password": format!("not the password {number} {tries}")});
        let request = client.post(format!("{URL}/api/login")).json(&body);
        let status = match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                // Read to its end, so that the connection is used again.
                answer.bytes().await.map(|_| status).ok()
            }
            Err(_) => None,
        };
        let kind = match status {
            Some(StatusCode::OK) => 0,
            Some(StatusCode::UNAUTHORIZED) => 1,
            Some(StatusCode::TOO_MANY_REQUESTS) => 2,
            _ => 3,
        };
        counts[kind].fetch_add(1, Ordering::Relaxed);
    }
}

/// What the calling thread has computed so far: user and system time of proc(5), in ticks of 10 ms.
fn cpu_seconds_of_thread() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("proc has it");
    // The name, in parentheses, may hold spaces.
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks: u32 =
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<u32>().expect("a number")).sum();
    f64::from(ticks) / 100.0
}

fn print_report(root: &Path, rows: &[Row]) {
    println!("\n{}; {}.", machine(), versions(root));
    println!(
        "`cargo bench -p app --bench login`: {ROUNDS} interleaved rounds of {SEARCHES} searches alone and {SEARCHES} \
         beside {CONNECTIONS} connections with wrong passwords.\n"
    );
    println!(
        "| rate limits | p50 alone | p50 beside | ratio (least–most by round) | p95 alone | p95 beside | ratio | searches told to wait |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for row in rows {
        let (alone, beside) = (row.alone.concat(), row.beside.concat());
        let at = |values: &[f64], percent| quantile(values.to_vec(), percent);
        let by_round: Vec<f64> =
            row.alone.iter().zip(&row.beside).map(|(alone, beside)| at(beside, 50) / at(alone, 50)).collect();
        println!(
            "| {} | {:.1} ms | {:.1} ms | {:.2} ({:.2}–{:.2}) | {:.1} ms | {:.1} ms | {:.2} | {} |",
            row.limits,
            at(&alone, 50),
            at(&beside, 50),
            at(&beside, 50) / at(&alone, 50),
            at(&by_round, 0),
            at(&by_round, 100),
            at(&alone, 95),
            at(&beside, 95),
            at(&beside, 95) / at(&alone, 95),
            row.searches_limited,
        );
    }
    println!("\n| rate limits | log-ins/s | 200 | 401 | 429 | other or none | client's share of one core |");
    println!("|---|---|---|---|---|---|---|");
    for Row { limits, load, .. } in rows {
        let all = load.accepted + load.refused + load.limited + load.other;
        println!(
            "| {limits} | {:.0} | {} | {} | {} | {} | {:.0} % |",
            f64::from(all) / load.seconds,
            load.accepted,
            load.refused,
            load.limited,
            load.other,
            100.0 * load.cpu_seconds / load.seconds,
        );
    }
}

fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let date = said(Command::new("date").args(["-u", "+%-d %B %Y"]).env("LC_ALL", "C"));
    format!("{date}; {}, {cores} cores", model.map_or("unknown processor", |(_, name)| name))
}

fn versions(root: &Path) -> String {
    let findme = said(Command::new(env!("CARGO_BIN_EXE_findme")).arg("--version"));
    let commit = said(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root));
    let rust = said(Command::new("rustc").arg("--version"));
    format!("{findme} at {commit}, {rust}")
}

/// What a command answers, or that it does not.
fn said(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    output.map_or("unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
