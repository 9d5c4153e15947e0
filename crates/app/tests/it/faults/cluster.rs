//! A PostgreSQL of the test's own that keeps what it has acknowledged, and that can be crashed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use app::private_postgres::PrivatePostgres;
use rustix::process::{Pid, Signal, kill_process};

/// A cluster that runs until dropped.
pub(super) struct Cluster {
    folder: PathBuf,
    running: Option<PrivatePostgres>,
    url: String,
}

impl Cluster {
    /// Starts one below `folder`.
    pub(super) fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let private = PrivatePostgres::enter(folder, None).unwrap();
        let lines = std::fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
        let socket = lines.lines().nth(4).unwrap();
        let url = format!("postgres:///findme?host={socket}&user=findme");
        Self { folder: folder.to_owned(), running: Some(private), url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server as a power cut would (`pg_ctl stop --mode=immediate`) and starts it again, which makes it
    /// recover from its log.
    pub(super) fn crash_and_restart(&mut self) {
        let pid_file = self.folder.join("postgres/postmaster.pid");
        let text = std::fs::read_to_string(&pid_file).unwrap();
        let pid: i32 = text.lines().next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::QUIT).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while Path::new(&format!("/proc/{pid}")).exists() {
            assert!(Instant::now() < deadline, "PostgreSQL {pid} does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let restarted = PrivatePostgres::enter(&self.folder, None).unwrap();
        self.running = Some(restarted);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.leave();
        }
    }
}
