//! Names for people in logs and limits, which tell that two lines speak of one person and not of whom.

use domain::{Digest, UserId};
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

    /// The pseudonym of a person with an account, whichever name they log in with.
    pub(crate) fn of_person(&self, user_id: UserId) -> Digest {
        self.of("account", &user_id.to_string())
    }

    /// The pseudonym of an account that does not exist, by what was typed.
    pub(crate) fn of_nobody(&self, event: Option<&str>, login: &str) -> Digest {
        self.of("no account", &format!("{} {}", event.unwrap_or_default(), login.trim()))
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
