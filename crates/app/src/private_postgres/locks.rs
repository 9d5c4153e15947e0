//! Two file locks: one for the moment of starting or stopping, one that tells whether anybody uses the server.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

#[derive(Debug)]
pub(super) struct Locks {
    start: File,
    users: File,
}

impl Locks {
    pub(super) fn open(data: &Path) -> std::io::Result<Self> {
        let open = |name| File::options().create(true).truncate(false).write(true).open(data.join(name));
        Ok(Self { start: open("postgres.start.lock")?, users: open("postgres.users.lock")? })
    }

    /// Waits until no other process starts or stops the server.
    pub(super) fn starting(&self) -> std::io::Result<Starting> {
        let file = self.start.try_clone()?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(Starting(file))
    }

    /// Counts this process as a user; true when there was no other. Only while starting.
    pub(super) fn use_it(&mut self) -> std::io::Result<bool> {
        let alone = self.is_last()?;
        flock(&self.users, FlockOperation::LockShared)?;
        Ok(alone)
    }

    /// Whether no other process uses the server. Only while starting or stopping.
    pub(super) fn is_last(&mut self) -> std::io::Result<bool> {
        match flock(&self.users, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Held while the server is started or stopped.
#[derive(Debug)]
pub(super) struct Starting(File);

impl Drop for Starting {
    fn drop(&mut self) {
        // The file's description is shared with `Locks`, so closing this handle alone would not release it.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}
