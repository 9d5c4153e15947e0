//! Where the cluster and its socket lie.

use std::path::{Path, PathBuf};

use domain::Digest;

use super::owner::Owner;

/// Longest folder of a Unix socket: the whole path must fit into 107 bytes (unix(7)).
const SOCKET_FOLDER_BYTES_MAX: usize = 85;

/// The cluster's folder: in the data folder, or below `/var/lib` when the server's user cannot enter that one.
pub(super) fn cluster(data: &Path, owner: &Owner) -> PathBuf {
    let inside = data.join("postgres");
    if owner.can_reach(&inside) {
        return inside;
    }
    let elsewhere = Path::new("/var/lib").join(format!("findme-{}", mark(data))).join("postgres");
    tracing::info!(
        folder = %elsewhere.display(),
        "the data folder cannot be entered by the user {}; the private database lies elsewhere",
        owner.name
    );
    elsewhere
}

/// The socket's folder: beside the cluster, or in `/tmp` when that path is too long for a socket.
pub(super) fn socket(cluster: &Path) -> PathBuf {
    let beside = cluster.with_file_name("postgres-socket");
    if beside.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX {
        beside
    } else {
        Path::new("/tmp").join(format!("findme-{}", mark(cluster)))
    }
}

/// A short name for a path.
fn mark(path: &Path) -> String {
    let mut text = Digest::of(path.as_os_str().as_encoded_bytes()).to_string();
    text.truncate(12);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_lies_where_its_path_is_short_enough() {
        assert_eq!(socket(Path::new("/srv/data/postgres")), Path::new("/srv/data/postgres-socket"));
        let long = format!("/{}/postgres", "x".repeat(100));
        assert!(socket(Path::new(&long)).starts_with("/tmp"));
    }
}
