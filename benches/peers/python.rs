//! A Python with the packages that the benches' scripts need.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the virtual environment that most benches use.
pub(crate) fn with_packages(root: &Path) -> PathBuf {
    with_requirements(root, "peers-venv", "requirements.txt")
}

/// The interpreter of a virtual environment in `.cache`, which is made from a file of `benches/peers` when there is none.
pub(crate) fn with_requirements(root: &Path, venv: &str, requirements: &str) -> PathBuf {
    let venv = root.join(".cache").join(venv);
    let python = venv.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let requirements = root.join("benches/peers").join(requirements);
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(requirements));
    }
    python
}

/// Runs a command, which must succeed.
pub(crate) fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
