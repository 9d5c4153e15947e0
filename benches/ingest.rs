//! `cargo bench -p app --bench ingest`: whole imports beside Python peers, interleaved in one run, for photographs of 12
//! megapixels with as many faces as an event's, for a crowd of 24 megapixels, and for the sample event as it is. The
//! tables are added to `benches/results/ingest.md`. `FINDME_ROUNDS` sets how many rounds (default 3), `FINDME_SETS` which of
//! `12mp,crowd,event`; photographs come from `FINDME_SHARED` (default `../shared`).

#[path = "peers/photos.rs"]
mod photos;
#[path = "peers/python.rs"]
mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use python::run;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let shared = shared(&root);
    let python = python::with_packages(&root);
    let made = photos::made(&root, &shared);
    let findme = env!("CARGO_BIN_EXE_findme");
    run(Command::new(findme)
        .args(["models", "pull"])
        .env("FINDME_CACHE", root.join(".cache"))
        .env("FINDME_MODEL_MIRROR", shared.join("models")));
    let ours = format!(
        "env FINDME_DATA={{out}}/data FINDME_CACHE={} {findme} import --event Bench --json {{photos}}",
        root.join(".cache").display()
    );
    let (rounds, sets) = (given("FINDME_ROUNDS", "3"), given("FINDME_SETS", "12mp,crowd,event"));
    for set in sets.split(',') {
        let photos = match set {
            "event" => shared.join("photos/public-event/photos"),
            _ => made.join(set),
        };
        run(Command::new(&python)
            .env("FINDME_SHARED", &shared)
            .arg(root.join("benches/peers/run.py"))
            .args(["--rounds", &rounds, "--ours", &ours, "--out"])
            .arg(root.join("benches/results/ingest.md"))
            .arg("--photos")
            .arg(photos));
    }
}

/// A setting from the environment.
#[expect(clippy::disallowed_methods, reason = "a bench is told its size by the environment")]
fn given(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

fn shared(root: &Path) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its files by the environment")]
    let named = std::env::var_os("FINDME_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("../shared"));
    assert!(folder.join("photos").is_dir(), "{} has no photos; set FINDME_SHARED", folder.display());
    folder.canonicalize().expect("a folder")
}
