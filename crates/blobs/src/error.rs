//! Why bytes could not be stored or read.

use std::time::Duration;

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The settings do not describe a store.
    #[error("the photo store cannot be opened: {0}")]
    Open(String),
    /// The store refused, failed or cannot be reached.
    #[error("the photo store failed: {0}")]
    Store(#[from] object_store::Error),
    /// The store said nothing for this long.
    #[error("the photo store did not answer within {0:?}")]
    Late(Duration),
    /// The file to store cannot be read, or a file of the store cannot be removed.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

impl BlobError {
    /// Whether the blob that was asked for is not there, while the store works.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }

    /// Whether the same call may work later: the store is away, hangs, is full or refuses us, which whoever runs it can
    /// mend while callers wait. Not so for a blob that is missing, for settings that name no store, or for a file of
    /// this machine.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Late(_) => true,
            Self::Store(error) => matches!(
                error,
                object_store::Error::Generic { .. }
                    | object_store::Error::JoinError { .. }
                    | object_store::Error::PermissionDenied { .. }
                    | object_store::Error::Unauthenticated { .. }
            ),
            Self::Open(_) | Self::File { .. } => false,
        }
    }
}
