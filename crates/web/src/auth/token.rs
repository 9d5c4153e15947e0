//! Secrets that people carry in links and cookies: 256 random bits. Only their hashes are kept.

use domain::{Digest, Entropy};

/// What a token is for. It stands in front of it, so that a token that got lost can be told for what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    SetUp,
    Refresh,
    PasswordLink,
    Invitation,
    Visitor,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::SetUp => "fms_",
            Self::Refresh => "fmr_",
            Self::PasswordLink => "fmp_",
            Self::Invitation => "fmi_",
            Self::Visitor => "fmv_",
        }
    }
}

/// A new token, and what of it is kept.
pub(crate) fn new(purpose: Purpose, entropy: &Entropy) -> (String, Digest) {
    let token = format!("{}{}", purpose.prefix(), hex::encode(entropy.bytes::<32>()));
    let hash = hash(&token);
    (token, hash)
}

/// What is kept of a token. It has too many possible values to be guessed, so a plain hash is enough.
pub(crate) fn hash(token: &str) -> Digest {
    Digest::of(token.as_bytes())
}
