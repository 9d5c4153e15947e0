//! Names for people in logs and limits, which tell that two lines speak of one person and not of whom.

use domain::{Digest, EventId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Makes pseudonyms under a key, so that nobody can find out whose they are by trying addresses. Cheap to clone.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(***)")
    }
}

impl Pseudonyms {
    /// Under a key that follows from `secret`; all processes that share it make the same pseudonyms.
    pub fn new(secret: &[u8]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
        mac.update(b"findme pseudonyms");
        Self { key: mac.finalize().into_bytes().into() }
    }

    /// The pseudonym of `text`, which is one thing for each `kind`.
    pub(crate) fn of(&self, kind: &str, text: &str) -> Digest {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.trim().to_lowercase().as_bytes());
        Digest(mac.finalize().into_bytes().into())
    }

    /// The pseudonym of an account, existing or not, by what its owner types.
    pub(crate) fn of_account(&self, event: Option<EventId>, login: &str) -> Digest {
        let place = event.map(|event| event.to_string()).unwrap_or_default();
        self.of("account", &format!("{place} {}", login.trim()))
    }
}

/// The first digits of a pseudonym, for logs.
pub(crate) fn short(pseudonym: Digest) -> String {
    let mut text = pseudonym.to_string();
    text.truncate(12);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_one_for_one_person_and_one_kind() {
        let (ours, theirs) = (Pseudonyms::new(b"ours"), Pseudonyms::new(b"theirs"));
        assert_eq!(ours.of("a", " Ann@x "), ours.of("a", "ann@X"));
        assert_ne!(ours.of("a", "ann@x"), ours.of("b", "ann@x"));
        assert_ne!(ours.of("a", "ann@x"), theirs.of("a", "ann@x"));
    }
}
