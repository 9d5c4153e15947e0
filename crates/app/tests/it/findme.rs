//! Runs the binary in an installation of a test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::database::Database;

/// Folders of an installation, and its database; they go away with it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    /// None for a private one in the data folder.
    database: Option<Database>,
}

impl Place {
    /// An empty installation that shares the ONNX Runtime of this checkout and the models of the mirror. Its database
    /// is behind the tests' PgBouncer where there is one, else private.
    pub(crate) fn new() -> Self {
        Self::with_database(Database::behind_pgbouncer())
    }

    /// The same, with a private database in any case.
    pub(crate) fn private() -> Self {
        Self::with_database(None)
    }

    fn with_database(database: Option<Database>) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        // Root's private database runs as another user, who must be able to enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, database }
    }

    /// An installation with the default models pulled.
    pub(crate) fn with_models() -> Self {
        Self::new().pull_models()
    }

    /// The same, with a private database in any case.
    pub(crate) fn private_with_models() -> Self {
        Self::private().pull_models()
    }

    fn pull_models(self) -> Self {
        let pulled = self.run(&["models", "pull"]);
        assert!(pulled.status.success(), "{}", text(&pulled));
        self
    }

    /// Its database, unless that is private.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_findme"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("DATABASE_URL")
            .env_remove("DATABASE_DIRECT_URL")
            .envs(self.database.iter().flat_map(Database::settings))
            .env("FINDME_DATA", self.path("data"))
            .env("FINDME_CACHE", self.path("cache"))
            .env("FINDME_MODEL_MIRROR", shared().join("models"))
            .env("ORT_DYLIB_PATH", onnx_runtime())
            .env("LOG_LEVEL", "warn")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Lets a server write all its logs into the folder for logs, where there is one.
    pub(crate) fn keep_logs(command: &mut Command) {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(folder) = crate::logs::folder() else { return };
        let name = format!("server-{}-{}.log", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        command.env("LOG_LEVEL", "trace").stderr(std::fs::File::create(folder.join(name)).unwrap());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that killed its process leaves a server behind; joining and leaving stops it.
        if self.path("data/postgres.users.lock").exists() {
            let left = app::private_postgres::PrivatePostgres::enter(&self.path("data"), None);
            let _ = left.and_then(app::private_postgres::PrivatePostgres::leave);
        }
    }
}

/// All that a command wrote.
pub(crate) fn text(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{} {out}{err}", output.status)
}

/// The folder with models, photographs and hostile files.
pub(crate) fn shared() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = variable("FINDME_SHARED").unwrap_or_else(default);
    let found = folder.join("photos/public-event").is_dir();
    assert!(
        found,
        "{} has no test photographs: let FINDME_SHARED name the folder that has",
        folder.display()
    );
    folder.canonicalize().unwrap()
}

fn onnx_runtime() -> PathBuf {
    let cached =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/onnxruntime/1.31.1/libonnxruntime.so");
    let library = variable("ORT_DYLIB_PATH").unwrap_or(cached);
    assert!(library.exists(), "{} is missing: run ./start.sh --prepare", library.display());
    library
}

fn variable(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are told their files by the environment")]
    std::env::var_os(name).map(PathBuf::from)
}

/// A folder with links to `count` photographs of the sample event.
pub(crate) fn some_photos(place: &Place, count: usize) -> PathBuf {
    let folder = place.path("photos");
    std::fs::create_dir(&folder).unwrap();
    let mut photos: Vec<PathBuf> = std::fs::read_dir(shared().join("photos/public-event/photos"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    photos.sort();
    assert!(photos.len() >= count);
    for photo in &photos[..count] {
        std::fs::copy(photo, folder.join(photo.file_name().unwrap())).unwrap();
    }
    folder
}
