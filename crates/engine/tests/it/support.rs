//! Where the tests find ONNX Runtime, the models and the pictures, and one engine for all of them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::{Engine, EngineOptions, IndexedPhoto, OnnxRuntime, Packs, PhotoError};

/// A path from the environment, else relative to this crate.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where large files lie")]
fn path(variable: &str, default: &str) -> PathBuf {
    let given = std::env::var_os(variable).map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default))
}

pub(crate) fn runtime() -> OnnxRuntime {
    let library = path("ORT_DYLIB_PATH", "../../.cache/onnxruntime/1.31.1/libonnxruntime.so");
    OnnxRuntime::load(&library).unwrap_or_else(|error| {
        panic!("{error}\nRun ./start.sh or ./test.sh once (they fetch ONNX Runtime), or set ORT_DYLIB_PATH.")
    })
}

/// A folder of the shared test material.
pub(crate) fn shared(folder: &str) -> PathBuf {
    let folder = path("FINDME_SHARED", "../../../shared").join(folder);
    assert!(
        folder.is_dir(),
        "{} is missing. Set FINDME_SHARED to the folder that holds models/, photos/ and hostile/.",
        folder.display()
    );
    folder
}

pub(crate) fn packs() -> Packs {
    Packs::parse(include_str!("../../../../models/models.toml")).unwrap()
}

pub(crate) fn open(pack: &str, options: EngineOptions) -> Engine {
    let packs = packs();
    Engine::open(&runtime(), packs.get(pack).unwrap(), &shared("models"), options).unwrap()
}

/// An engine with the default pack and two threads, opened once.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| open("open", EngineOptions { threads: 2, ..EngineOptions::default() }))
}

pub(crate) fn index_one(bytes: &[u8]) -> Result<IndexedPhoto, PhotoError> {
    engine().index(&[bytes]).pop().unwrap()
}

/// The files of a folder in alphabetical order, without README.md.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|file| !file.ends_with("README.md")).collect();
    files.sort();
    files
}

pub(crate) fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}
