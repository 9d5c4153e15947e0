//! A Python with the packages that the benches' scripts need.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the virtual environment, which is made when there is none.
pub(crate) fn with_packages(root: &Path) -> PathBuf {
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

/// Runs a command, which must succeed.
pub(crate) fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
