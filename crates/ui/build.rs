//! Builds the web pages, so that a plain `cargo build` works in a fresh clone: `npm ci` and `npm run build` in `web/`,
//! each only when it is needed, into `dist/`, which `src/asset.rs` embeds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

/// What the pages are made from, in `web/`. `node_modules` and `dist` are made here and must not start a build.
const SOURCES: [&str; 10] = [
    ".npmrc",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "scripts",
    "src",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

/// Oldest Node.js that Vite 8 runs on.
const NODE_OLDEST: (u32, u32) = (20, 19);

fn main() -> ExitCode {
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    match build() {
        Ok(built) => {
            // A new value makes cargo compile the crate again, and with it embed the new files.
            println!("cargo::rustc-env=FINDME_UI_BUILT={built}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Makes `dist/` current. Answers when it was built, in nanoseconds of the Unix epoch.
fn build() -> Result<u128, String> {
    let home = manifest_dir()?;
    let (web, dist) = (home.join("web"), home.join("dist"));
    // Two cargo commands (an editor's and a person's) must not install or build in the same folder at once. The lock ends
    // with this process.
    let lock = fs::File::open(web.join("package.json")).map_err(|error| cannot("read", &web, &error))?;
    lock.lock().map_err(|error| cannot("lock", &web, &error))?;

    let changed = newest(&web).map_err(|error| cannot("read", &web, &error))?;
    if modified(&dist.join("index.html")).is_none_or(|built| built < changed) {
        check_node(&web)?;
        if modules_are_stale(&web) {
            run(&web, &["ci", "--no-audit", "--no-fund"])?;
        }
        // A failed build leaves nothing behind that the next one could take for finished.
        run(&web, &["run", "build"]).inspect_err(|_| drop(fs::remove_dir_all(&dist)))?;
    }
    let built = modified(&dist.join("index.html")).ok_or("the web build made no dist/index.html")?;
    Ok(built.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |age| age.as_nanos()))
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder by the environment")]
fn manifest_dir() -> Result<PathBuf, String> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).ok_or_else(|| "run this by cargo".to_owned())
}

/// When a source last changed. Folders count too: their time changes when a file in them is deleted.
fn newest(web: &Path) -> io::Result<SystemTime> {
    let mut latest = SystemTime::UNIX_EPOCH;
    let mut left: Vec<PathBuf> = SOURCES.iter().map(|source| web.join(source)).collect();
    while let Some(path) = left.pop() {
        let about = fs::metadata(&path)?;
        latest = latest.max(about.modified()?);
        if about.is_dir() {
            for entry in fs::read_dir(&path)? {
                left.push(entry?.path());
            }
        }
    }
    Ok(latest)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// npm keeps the lock file it installed from inside `node_modules`.
fn modules_are_stale(web: &Path) -> bool {
    let installed = modified(&web.join("node_modules/.package-lock.json"));
    installed.is_none() || installed < modified(&web.join("package-lock.json"))
}

fn check_node(web: &Path) -> Result<(), String> {
    let mend = format!(
        "install Node.js {}.{} or newer with npm (./start.sh does it), then build again",
        NODE_OLDEST.0, NODE_OLDEST.1
    );
    let found = Command::new("node").arg("--version").current_dir(web).output();
    let text = found
        .map_err(|error| format!("the web pages need Node.js, which does not run here ({error}): {mend}"))?;
    let text = String::from_utf8_lossy(&text.stdout).trim().to_owned();
    match version_of(&text) {
        Some(version) if version >= NODE_OLDEST => Ok(()),
        _ => Err(format!("the web pages need a newer Node.js than {text}: {mend}")),
    }
}

/// Major and minor of `v20.19.2`.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(|part| part.parse::<u32>().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn run(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let command = format!("npm {}", arguments.join(" "));
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm).args(arguments).current_dir(web).output().map_err(|error| {
        format!("`npm` does not run here ({error}): install the npm that belongs to your Node.js, then build again")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    Err(format!("`{command}` failed in {} ({}); it said:\n{told}", web.display(), output.status))
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}
