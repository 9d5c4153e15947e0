//! `cargo bench -p app --bench ingest`: ingest of the sample event, beside the Python reference, interleaved in one
//! run. The command line decides nothing: photographs come from `FINDME_SHARED` (default `../shared`).

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let shared = shared(&root);
    let python = python(&root);
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

/// A Python with the reference's packages.
fn python(root: &Path) -> PathBuf {
    let venv = root.join(".cache/peers-venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let requirements = root.join("benches/peers/requirements.txt");
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(requirements));
    }
    python
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
