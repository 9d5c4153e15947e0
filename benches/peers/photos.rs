//! Photographs as cameras write them, for the benches of ingest.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::{run, with_packages};

/// The folder with the sets `2mp`, `12mp`, `24mp`, `selfies` and `crowd`, which are made when they are missing.
pub(crate) fn made(root: &Path, shared: &Path) -> PathBuf {
    let folder = root.join(".cache/bench-photos");
    let python = with_packages(root);
    let event = shared.join("photos/public-event");
    run(Command::new(&python).arg(root.join("benches/peers/make_photos.py")).arg(&event).arg(&folder));
    let crowd = folder.join("crowd");
    if !crowd.is_dir() {
        let script = shared.join("photos/make_camera_photos.py");
        run(Command::new(&python).arg(script).arg(event.join("photos")).arg(&crowd).arg("12"));
    }
    folder
}
