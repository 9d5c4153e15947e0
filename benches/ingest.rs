//! `cargo bench -p app --bench ingest`: ingest of the sample event, beside the Python reference, interleaved in one
//! run. The command line decides nothing: photographs come from `FINDME_SHARED` (default `../shared`).

#[path = "peers/python.rs"]
mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use python::run;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let shared = shared(&root);
    let python = python::with_packages(&root);
    let findme = env!("CARGO_BIN_EXE_findme");
    run(Command::new(findme)
        .args(["models", "pull"])
        .env("FINDME_CACHE", root.join(".cache"))
        .env("FINDME_MODEL_MIRROR", shared.join("models")));
    let ours = format!(
        "env FINDME_DATA={{out}}/data FINDME_CACHE={} {findme} import --event Bench --json {{photos}}",
        root.join(".cache").display()
    );
    run(Command::new(&python)
        .arg(root.join("benches/peers/run.py"))
        .args(["--rounds", "5", "--peer-threads", "1,2", "--ours", &ours, "--photos"])
        .arg(shared.join("photos/public-event/photos")));
}

fn shared(root: &Path) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its files by the environment")]
    let named = std::env::var_os("FINDME_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("../shared"));
    assert!(folder.join("photos").is_dir(), "{} has no photos; set FINDME_SHARED", folder.display());
    folder.canonicalize().expect("a folder")
}
