//! A PostgreSQL of FindMe's own in the data folder, for those who bring none.
//!
//! It listens on a Unix socket only, lets in only the user who runs FindMe, and runs as an unprivileged user when
//! FindMe is started by root, because PostgreSQL refuses root.
//!
//! Several processes may use it (`findme serve`, and `findme import` beside it): each holds a shared lock; the first
//! starts the server, the last stops it. The kernel drops the lock of a process that is killed; the server it leaves
//! behind is used by the next one.

mod binaries;
mod cluster;
mod locks;
mod owner;
mod place;

use std::path::Path;

use anyhow::Context as _;
use store::DatabaseUrl;

use cluster::Cluster;
use locks::Locks;

/// The private server, in use by this process until [`PrivatePostgres::leave`].
#[derive(Debug)]
pub struct PrivatePostgres {
    cluster: Cluster,
    locks: Locks,
    alone: bool,
}

impl PrivatePostgres {
    /// Starts the server of the data folder, or joins it when it runs. A new cluster is made when there is none.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn enter(data: &Path, pg_bin: Option<&Path>) -> anyhow::Result<Self> {
        let cluster = Cluster::at(data, pg_bin)?;
        let mut locks = Locks::open(data).context("the locks of the private database cannot be opened")?;
        let starting = locks.starting()?;
        let alone = locks.use_it()?;
        cluster.ensure_running()?;
        drop(starting);
        Ok(Self { cluster, locks, alone })
    }

    /// Whether no other process used the server when this one came, so that whatever a process left unfinished in it
    /// belongs to nobody.
    pub fn was_alone(&self) -> bool {
        self.alone
    }

    /// Where the server is.
    pub fn url(&self) -> DatabaseUrl {
        self.cluster.url()
    }

    /// Stops the server unless another process uses it.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn leave(mut self) -> anyhow::Result<()> {
        let stopping = self.locks.starting()?;
        if self.locks.is_last()? {
            self.cluster.stop()?;
        }
        drop(stopping);
        Ok(())
    }
}
