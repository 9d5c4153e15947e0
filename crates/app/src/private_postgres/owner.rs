//! The user as whom the server runs: the one who started FindMe, or an unprivileged one in place of root.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// Its name in `/etc/passwd`.
    pub(super) name: String,
    uid: u32,
    gid: u32,
    /// Whether FindMe itself is another user, namely root.
    is_other: bool,
}

impl Owner {
    pub(super) fn of_this_process() -> anyhow::Result<Self> {
        let uid = rustix::process::getuid().as_raw();
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        if uid == 0 {
            return ["postgres", "nobody"]
                .iter()
                .find_map(|name| entry(&passwd, |entry| entry.name == *name))
                .map(|entry| Self { is_other: true, ..entry })
                .context("there is no user postgres or nobody to run the private database; start FindMe as another user than root");
        }
        // A container may run under a number without a name; PostgreSQL's peer check needs one.
        entry(&passwd, |entry| entry.uid == uid).with_context(|| {
            format!("the user {uid} has no name in /etc/passwd; set DATABASE_URL, or give it one")
        })
    }

    /// A command that runs as this user, in a place it can enter.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin");
        if self.is_other {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes `folder` this user's own, with mode 0700.
    pub(super) fn take(&self, folder: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
        if !folder.exists() {
            // Folders above it stay open for this user to pass.
            if let Some(above) = folder.parent() {
                std::fs::create_dir_all(above)?;
            }
            std::fs::DirBuilder::new().mode(0o700).create(folder)?;
            if self.is_other {
                std::os::unix::fs::chown(folder, Some(self.uid), Some(self.gid))?;
            }
        }
        let metadata = std::fs::symlink_metadata(folder)?;
        if !metadata.is_dir() || metadata.uid() != self.uid {
            return Err(std::io::Error::other(format!("it belongs to another user than {}", self.name)));
        }
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
    }

    /// Whether this user can enter every folder above `path`.
    pub(super) fn can_reach(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        !self.is_other
            || path.ancestors().skip(1).all(|folder| {
                std::fs::metadata(folder).map_or(true, |metadata| {
                    let bit = if metadata.uid() == self.uid { 0o100 } else { 0o001 };
                    metadata.mode() & bit != 0
                })
            })
    }
}

fn entry(passwd: &str, wanted: impl Fn(&Owner) -> bool) -> Option<Owner> {
    passwd.lines().filter_map(parse).find(wanted)
}

/// One line of `/etc/passwd` (passwd(5)).
fn parse(line: &str) -> Option<Owner> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Owner { name, uid, gid, is_other: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_passwd_is_read() {
        let owner = parse("postgres:x:101:103:PostgreSQL:/var/lib/postgresql:/bin/bash").unwrap();
        assert_eq!((owner.name.as_str(), owner.uid, owner.gid), ("postgres", 101, 103));
        assert_eq!(parse(""), None);
    }
}
