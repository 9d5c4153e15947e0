//! What a client says the sum of a piece is.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// How it is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, which every server that checks sums must know (tus 1.0, "Checksum").
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    /// Its name in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }
}

/// The sum of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// How it was summed.
    pub algorithm: Algorithm,
    /// The sum.
    pub sum: Vec<u8>,
}

/// Sums up what comes.
pub(crate) enum Summing {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Summing {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(sha1) => sha1.update(bytes),
            Self::Sha256(sha256) => sha256.update(bytes),
        }
    }

    pub(crate) fn is(self, sum: &[u8]) -> bool {
        match self {
            Self::Sha1(sha1) => sha1.finalize().as_slice() == sum,
            Self::Sha256(sha256) => sha256.finalize().as_slice() == sum,
        }
    }
}
