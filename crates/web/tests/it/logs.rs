//! What the tests log, kept in a folder that `FINDME_TEST_LOGS` names, so that it can be searched for secrets.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, Once};

/// The folder for logs, if they are to be kept.
pub(crate) fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are told their files by the environment")]
    std::env::var_os("FINDME_TEST_LOGS").map(PathBuf::from)
}

/// Writes all that this process logs into a file of the folder.
pub(crate) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(folder) = folder() else { return };
        let file = File::create(folder.join(format!("test-{}.log", std::process::id()))).unwrap();
        // The same parts are quiet as in the program itself.
        tracing_subscriber::fmt()
            .with_env_filter("trace,ort=warn,hyper=warn,reqwest=warn,sqlx=warn")
            .with_ansi(false)
            .with_writer(Mutex::new(file))
            .init();
    });
}
