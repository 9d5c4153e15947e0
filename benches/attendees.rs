//! `cargo bench -p app --bench attendees`: 300 people open an event's page, search with a selfie, look at thumbs and mark
//! favourites, over HTTP and through the server's rate limits, arriving evenly within a minute.
//!
//! `FINDME_ATTENDEES` says how many (300), `FINDME_WINDOW_SECONDS` within how long, one run for each: `60,30` (60).

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

#[path = "attendees/browser.rs"]
mod browser;
#[path = "attendees/page.rs"]
mod page;
mod process;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use browser::{Selfie, Step, Visit};
use page::Page;
use process::mebibytes;
use serde_json::Value;
use server::{URL, consent, files, findme, get, open_to_all, quantile, search, shared, start, upload};

/// Photos that each of them marks: a selfie that finds fewer is not used.
const FAVOURITES: usize = 3;
/// Ticks of proc(5) per second.
const TICKS_PER_S: f64 = 100.0;

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let event = shared(&root).join("photos/public-event");
    let attendees = setting("FINDME_ATTENDEES", "300").parse().expect("FINDME_ATTENDEES is a number");
    let windows: Vec<f64> = setting("FINDME_WINDOW_SECONDS", "60")
        .split(',')
        .map(|seconds| seconds.trim().parse().expect("FINDME_WINDOW_SECONDS is a list of numbers"))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    assert!(findme(&root, folder.path(), &["models", "pull"]).status().expect("findme").success());

    let staff = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let server = start(findme(&root, folder.path(), &["serve", "--with-worker"]), &staff).await;
    upload(&staff, &event.join("photos")).await;
    let selfies = warm_up(&files(&event.join("selfies"))).await;
    let page = Arc::new(page::read(URL, "/e/gala").await);
    println!("the page: {} files, {} kB with Brotli", page.paths.len(), page.bytes.div_ceil(1000));
    let mut failed = 0;
    for window in windows {
        let run = measure(server.0.id(), attendees, window, &selfies, &page);
        failed += run.print(&root, server.0.id());
    }
    let counted = get(&staff, "/api/statistics").await;
    println!("the server counts {} searches and {} visitors", counted["searches"], counted["visitors"]);
    assert_eq!(failed, 0, "visits failed: the table of errors says where");
}

#[expect(clippy::disallowed_methods, reason = "a bench is told its size by the environment")]
fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Searches once with each selfie, which loads the gallery too, and keeps those that find enough to mark.
async fn warm_up(files: &[PathBuf]) -> Arc<Vec<Selfie>> {
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let consent = consent(&client).await;
    let mut selfies = Vec::new();
    for file in files {
        let answer = search(&client, file, &consent).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}: {}", file.display(), answer.status());
        let answer: Value = answer.json().await.expect("JSON");
        if answer["matches"].as_array().is_some_and(|matches| matches.len() >= FAVOURITES) {
            selfies.push(Selfie::read(file));
        }
    }
    assert!(!selfies.is_empty(), "no selfie finds {FAVOURITES} photos");
    println!("{} of {} selfies find at least {FAVOURITES} photos and are used", selfies.len(), files.len());
    Arc::new(selfies)
}

/// What came of one window.
struct Run {
    attendees: u32,
    window_s: f64,
    /// From the first arrival to the end of the last visit.
    took_s: f64,
    visits: Vec<Visit>,
    /// Computing time: of the server, of this load generator's thread, of the whole machine.
    server_cpu_s: f64,
    client_cpu_s: f64,
    machine_cpu_s: f64,
}

/// Lets them come. All of them live on one thread, so that the load generator takes at most one core.
fn measure(server: u32, attendees: u32, window_s: f64, selfies: &Arc<Vec<Selfie>>, page: &Arc<Page>) -> Run {
    let (selfies, page) = (Arc::clone(selfies), Arc::clone(page));
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            // Made before anybody comes: a browser is open already.
            let clients: Vec<_> = (0..attendees).map(|_| browser::client()).collect();
            let before = (cpu_of(server), cpu_of_thread(), cpu_of_machine());
            let began = Instant::now();
            let people = (0..attendees).zip(&clients).zip(selfies.iter().cycle());
            let coming = people.map(|((index, client), selfie)| {
                let (after, page) = (Duration::from_secs_f64(window_s) * index / attendees, &page);
                async move {
                    tokio::time::sleep_until((began + after).into()).await;
                    browser::visit(client, URL, page, selfie, FAVOURITES).await
                }
            });
            let visits = futures::future::join_all(coming).await;
            let took_s = began.elapsed().as_secs_f64();
            Run {
                attendees,
                window_s,
                took_s,
                visits,
                server_cpu_s: cpu_of(server) - before.0,
                client_cpu_s: cpu_of_thread() - before.1,
                machine_cpu_s: cpu_of_machine() - before.2,
            }
        })
    });
    thread.join().expect("the visitors do not panic")
}

impl Run {
    /// Prints the tables. Returns how many visits failed.
    fn print(&self, root: &Path, server: u32) -> usize {
        let failures: Vec<&(Step, String)> =
            self.visits.iter().filter_map(|visit| visit.failure.as_ref()).collect();
        println!("\n{}; {}.", machine(), version(root));
        println!(
            "`FINDME_ATTENDEES={} FINDME_WINDOW_SECONDS={} cargo bench -p app --bench attendees`: {} people who arrive \
             evenly within {} s, each with cookies and up to six connections of their own, without a pause between the \
             steps; rate limits on, all from one address. The last one was done after {:.1} s.\n",
            self.attendees, self.window_s, self.attendees, self.window_s, self.took_s
        );
        println!("| step | times | p50 | p95 | p99 | most |");
        println!("|---|---|---|---|---|---|");
        for step in Step::ALL {
            let times: Vec<f64> = self
                .visits
                .iter()
                .flat_map(|visit| visit.times.iter())
                .filter(|(of, _)| *of == step)
                .map(|(_, ms)| *ms)
                .collect();
            if times.is_empty() {
                println!("| {} | 0 | | | | |", step.words());
                continue;
            }
            let at = |percent| quantile(times.clone(), percent);
            println!(
                "| {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms |",
                step.words(),
                times.len(),
                at(50),
                at(95),
                at(99),
                at(100)
            );
        }
        self.print_cpu(server);
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for (step, why) in &failures {
            *counted.entry(format!("{}: {why}", step.words())).or_default() += 1;
        }
        println!("\nErrors: {} of {} visits.", failures.len(), self.attendees);
        for (what, count) in counted {
            println!("- {count} × {what}");
        }
        failures.len()
    }

    fn print_cpu(&self, server: u32) {
        let share = |seconds: f64| 100.0 * seconds / self.took_s;
        let rest = self.machine_cpu_s - self.server_cpu_s - self.client_cpu_s;
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "\nThe load generator shares the {cores} cores with what it measures, so that a server of its own is faster than \
             this: it took {:.0} % of one core, the server {:.0} %, everything else on the machine (PostgreSQL and the \
             kernel's own work among it) {:.0} %. Memory of the server: {} MiB at most.",
            share(self.client_cpu_s),
            share(self.server_cpu_s),
            share(rest.max(0.0)),
            mebibytes(server, "VmHWM"),
        );
    }
}

/// User and system time of proc(5) in a file such as `/proc/PID/stat`.
fn cpu_in(file: &str) -> f64 {
    let stat = std::fs::read_to_string(file).expect("proc has it");
    // The name, in parentheses, may hold spaces.
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks: u32 =
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<u32>().expect("a number")).sum();
    f64::from(ticks) / TICKS_PER_S
}

fn cpu_of(pid: u32) -> f64 {
    cpu_in(&format!("/proc/{pid}/stat"))
}

fn cpu_of_thread() -> f64 {
    cpu_in("/proc/thread-self/stat")
}

/// What all cores have computed: everything but idle and waiting for disks.
fn cpu_of_machine() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").expect("proc has it");
    let ticks: Vec<f64> = stat
        .lines()
        .next()
        .into_iter()
        .flat_map(|line| line.split_whitespace().skip(1).take(8))
        .map(|field| field.parse().expect("a number"))
        .collect();
    // user nice system idle iowait irq softirq steal: what a neighbour stole was not computed here.
    (ticks.iter().sum::<f64>() - ticks[3] - ticks[4] - ticks[7]) / TICKS_PER_S
}

fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let date = said(Command::new("date").args(["-u", "+%-d %B %Y"]).env("LC_ALL", "C"));
    format!("{date}; {}, {cores} cores", model.map_or("unknown processor", |(_, name)| name))
}

fn version(root: &Path) -> String {
    let findme = said(Command::new(env!("CARGO_BIN_EXE_findme")).arg("--version"));
    let commit = said(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root));
    let build =
        if cfg!(debug_assertions) { "debug build: not to be taken for figures" } else { "release build" };
    format!("{findme} at {commit}, {build}")
}

/// What a command answers, or that it does not.
fn said(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    output.map_or("unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
