//! Where the server's programs are.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// Folders in which Debian, Ubuntu, Fedora and Homebrew put server programs of a version each.
const VERSIONED: [(&str, &str); 3] =
    [("/usr/lib/postgresql", "bin"), ("/usr/lib64/pgsql", "bin"), ("/opt/homebrew/opt", "bin")];

/// The programs of one PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The programs in `chosen`, else the machine's: of major version `wanted` if a cluster exists already, else the
    /// newest.
    pub(super) fn find(chosen: Option<&Path>, wanted: Option<&str>) -> anyhow::Result<Self> {
        let candidates = match chosen {
            Some(folder) => vec![folder.to_owned()],
            None => machine_folders(),
        };
        let mut found: Vec<(u32, Self)> = candidates.into_iter().filter_map(with_version).collect();
        found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        let fits = |version: u32| wanted.is_none_or(|wanted| wanted == version.to_string());
        if let Some((_, binaries)) = found.iter().find(|(version, _)| fits(*version)) {
            return Ok(binaries.clone());
        }
        match wanted {
            Some(wanted) if !found.is_empty() => bail!(
                "the private database was made by PostgreSQL {wanted}, which is not installed here: install \
                 postgresql-{wanted}, or move the data to a new version with pg_dump"
            ),
            _ => bail!(
                "PostgreSQL's server programs were not found: install them (Debian, Ubuntu: apt-get install \
                 postgresql), or let FINDME_PG_BIN name their folder, or let DATABASE_URL name a server"
            ),
        }
    }
}

fn machine_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = VERSIONED
        .iter()
        .filter_map(|(parent, bin)| Some((std::fs::read_dir(parent).ok()?, bin)))
        .flat_map(|(entries, bin)| entries.flatten().map(move |entry| entry.path().join(bin)))
        .collect();
    // A link in /usr/bin or /usr/local/bin leads to the folder with all programs.
    let on_path = ["/usr/local/bin/initdb", "/usr/bin/initdb", "/usr/local/pgsql/bin/initdb"];
    let linked = on_path.iter().filter_map(|program| std::fs::canonicalize(program).ok());
    folders.extend(linked.filter_map(|program| program.parent().map(Path::to_owned)));
    folders
}

fn with_version(folder: PathBuf) -> Option<(u32, Binaries)> {
    let complete = ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file());
    let output =
        complete.then(|| std::process::Command::new(folder.join("postgres")).arg("--version").output());
    let text = String::from_utf8(output?.ok()?.stdout).ok()?;
    Some((major_version(&text)?, Binaries { folder }))
}

/// 15 of "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
fn major_version(text: &str) -> Option<u32> {
    let version = text.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split('.').next()?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18.4\n"), Some(18));
        assert_eq!(major_version("nonsense"), None);
    }

    #[test]
    fn a_missing_server_is_an_error_with_the_mend() {
        let error = Binaries::find(Some(Path::new("/nowhere")), None).unwrap_err().to_string();
        assert!(error.contains("apt-get install") && error.contains("DATABASE_URL"), "{error}");
    }
}
