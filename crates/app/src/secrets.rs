//! Keys that all processes of an installation share: made once, kept in the data folder, readable by nobody else.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use domain::Entropy;

/// The key in the file `name` of the data folder; made when there is none.
pub(crate) fn key(data: &Path, name: &str, entropy: &Entropy) -> anyhow::Result<[u8; 32]> {
    let path = data.join(name);
    make(&path, entropy).with_context(|| format!("{} cannot be written", path.display()))?;
    let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    match bytes.try_into() {
        Ok(key) => Ok(key),
        Err(_) => {
            bail!("{} is not a key of 32 bytes: restore it, or delete it to make a new one", path.display())
        }
    }
}

/// Written aside and linked into place, so that two processes that start together agree on one key.
fn make(path: &Path, entropy: &Entropy) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let aside = path.with_extension(hex::encode(entropy.bytes::<8>()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(&entropy.bytes::<32>())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_readable_by_its_owner_alone() {
        let data = tempfile::tempdir().unwrap();
        let first = key(data.path(), "test.key", &crate::system::entropy()).unwrap();
        let second = key(data.path(), "test.key", &crate::system::entropy()).unwrap();
        assert_eq!(first, second);
        let mode = std::fs::metadata(data.path().join("test.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(data.path().join("test.key"), "short").unwrap();
        let error = key(data.path(), "test.key", &crate::system::entropy()).unwrap_err().to_string();
        assert!(error.contains("delete it"), "{error}");
    }
}
