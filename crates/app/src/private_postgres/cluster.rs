//! The cluster: made once, started, stopped.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use store::DatabaseUrl;

use super::binaries::Binaries;
use super::owner::Owner;
use super::place;

/// What the names of folders begin with in which initdb works.
const ASIDE: &str = "new";
/// Tries to start: after a crash, processes of the old server may need a moment to end.
const STARTS_MAX: u32 = 20;
/// The database's name and its only role.
const NAME: &str = "findme";

#[derive(Debug)]
pub(super) struct Cluster {
    folder: PathBuf,
    socket: PathBuf,
    owner: Owner,
    binaries: Binaries,
}

impl Cluster {
    pub(super) fn at(data: &Path, pg_bin: Option<&Path>) -> anyhow::Result<Self> {
        let owner = Owner::of_this_process()?;
        let folder = place::cluster(data, &owner);
        let made_by = std::fs::read_to_string(folder.join("PG_VERSION")).ok();
        let binaries = Binaries::find(pg_bin, made_by.as_deref().map(str::trim))?;
        Ok(Self { socket: place::socket(&folder), folder, owner, binaries })
    }

    pub(super) fn url(&self) -> DatabaseUrl {
        let host: String = self.socket.to_string_lossy().bytes().map(percent_encoded).collect();
        DatabaseUrl::new(format!("postgres://{NAME}@{host}/{NAME}"))
    }

    pub(super) fn ensure_running(&self) -> anyhow::Result<()> {
        for folder in [&self.folder, &self.socket] {
            self.owner
                .take(folder)
                .with_context(|| format!("the private database cannot use {}", folder.display()))?;
        }
        if !self.folder.join("PG_VERSION").exists() {
            self.make()?;
        }
        if self.answers() { Ok(()) } else { self.start() }
    }

    fn make(&self) -> anyhow::Result<()> {
        tracing::info!(folder = %self.folder.display(), "making the private database");
        // Made aside, so that an interrupted initdb is not taken for a cluster; and under a name of our own, as the initdb
        // of a process that was killed may still be writing.
        self.sweep_interrupted();
        let aside = self.folder.join(format!("{ASIDE}{}", std::process::id()));
        let mut initdb = self.owner.command(&self.binaries.program("initdb"));
        initdb.args(["--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8", "--username=findme", "--pgdata"]);
        run(initdb.arg(&aside), "initdb")?;
        std::fs::write(aside.join("pg_hba.conf"), "local all findme peer map=findme\n")?;
        let users = format!("findme root findme\nfindme {} findme\n", self.owner.name);
        std::fs::write(aside.join("pg_ident.conf"), users)?;
        // PG_VERSION goes last: it is what tells that the cluster is complete.
        let mut names: Vec<_> = std::fs::read_dir(&aside)?.flatten().map(|entry| entry.file_name()).collect();
        names.sort_by_key(|name| name == "PG_VERSION");
        for name in names {
            // Moving may have been interrupted before.
            let _ = std::fs::remove_dir_all(self.folder.join(&name));
            std::fs::rename(aside.join(&name), self.folder.join(&name))?;
        }
        Ok(std::fs::remove_dir(aside)?)
    }

    /// Removes what interrupted attempts have left. What cannot be removed now, the next start tries again.
    fn sweep_interrupted(&self) {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(ASIDE)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }

    fn start(&self) -> anyhow::Result<()> {
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=130 -c logging_collector=off",
            self.socket.display()
        );
        let log = self.folder.join("server.log");
        let mut last = None;
        for _ in 0..STARTS_MAX {
            let mut pg_ctl = self.pg_ctl("start");
            pg_ctl.arg("--log").arg(&log).arg("--options").arg(&options);
            match run(&mut pg_ctl, "pg_ctl start") {
                Ok(()) => return self.make_database(),
                Err(error) => last = Some(error),
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        let reason = std::fs::read_to_string(&log).unwrap_or_default();
        let reason: Vec<&str> = reason.lines().rev().take(3).collect();
        let error = last.unwrap_or_else(|| anyhow::anyhow!("it was never started"));
        Err(error.context(format!(
            "the private database does not start; {} says: {}",
            log.display(),
            reason.into_iter().rev().collect::<Vec<_>>().join(" | ")
        )))
    }

    fn make_database(&self) -> anyhow::Result<()> {
        let flag = self.folder.join("findme.created");
        if flag.exists() {
            return Ok(());
        }
        let mut createdb = Command::new(self.binaries.program("createdb"));
        createdb.env_clear().env("LC_ALL", "C.UTF-8").arg("--host").arg(&self.socket);
        let made = run(createdb.args(["--username", NAME, "--maintenance-db", "postgres", NAME]), "createdb");
        if let Err(error) = made
            && !self.database_exists()
        {
            return Err(error);
        }
        Ok(std::fs::write(flag, "")?)
    }

    /// An earlier start may have been killed between making the database and noting it.
    fn database_exists(&self) -> bool {
        let mut psql = Command::new(self.binaries.program("psql"));
        psql.env_clear().arg("--host").arg(&self.socket).args(["--username", NAME, "--dbname", NAME]);
        run(psql.args(["--command", "select 1"]), "psql").is_ok()
    }

    pub(super) fn stop(&self) -> anyhow::Result<()> {
        run(self.pg_ctl("stop").args(["--mode", "fast"]), "pg_ctl stop")
    }

    fn pg_ctl(&self, verb: &str) -> Command {
        let mut command = self.owner.command(&self.binaries.program("pg_ctl"));
        command.arg(verb).args(["--wait", "--silent", "--pgdata"]).arg(&self.folder);
        command
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket.join(".s.PGSQL.5432")).is_ok()
    }
}

/// Runs a program to its end. Its output goes to a file: the server it starts would keep a pipe open.
fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = tempfile::tempfile()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .status()
        .with_context(|| format!("{what} cannot be run"))?;
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    std::io::Seek::rewind(&mut &output)?;
    std::io::Read::read_to_string(&mut &output, &mut text)?;
    bail!("{what} failed ({status}): {}", text.trim())
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") }
}
