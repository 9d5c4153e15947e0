//! Passwords: hashed with Argon2id, off the async threads, a bounded number at once.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::Entropy;
use tokio::sync::Semaphore;

/// Shortest password, in characters (NIST SP 800-63B asks for 8; longer is better than odder).
pub const CHARS_MIN: usize = 10;
/// Longest password: hashing a book helps nobody but an attacker.
pub const CHARS_MAX: usize = 200;
/// Hashes computed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// The hash of a password that nobody has, checked when an account does not exist, so that the answer takes as
    /// long as when it does.
    decoy: Arc<str>,
}

/// The password is too short or too long.
#[derive(Debug, thiserror::Error)]
#[error("a password has {CHARS_MIN} to {CHARS_MAX} characters")]
pub struct LengthRefused;

impl Passwords {
    /// Ready to hash.
    pub fn new(entropy: &Entropy) -> Self {
        let password = hex::encode(entropy.bytes::<16>());
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), decoy: hash(&password, &entropy.bytes()).into() }
    }

    /// The Argon2id hash of `password`, in PHC text form.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub async fn hash(&self, password: String, entropy: &Entropy) -> Result<String, LengthRefused> {
        if !(CHARS_MIN..=CHARS_MAX).contains(&password.chars().count()) {
            return Err(LengthRefused);
        }
        let salt = entropy.bytes();
        Ok(self.off_thread(move || hash(&password, &salt)).await)
    }

    /// Whether `password` is the one behind `hash`; takes as long when there is no hash.
    pub async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let right = self.off_thread(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
        });
        right.await && known
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _place = self.places.acquire().await.expect("the places are never closed");
        #[expect(
            clippy::disallowed_methods,
            reason = "bounded by the places, and not the recognizer's business"
        )]
        let task = tokio::task::spawn_blocking(work);
        task.await.expect("hashing does not panic")
    }
}

/// 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("these are valid parameters");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str, salt: &[u8; 16]) -> String {
    let salt = SaltString::encode_b64(salt).expect("16 bytes are a salt");
    argon2id().hash_password(password.as_bytes(), &salt).expect("the parameters are valid").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let entropy = Entropy::fixed(5);
        let passwords = Passwords::new(&entropy);
        let hash = passwords.hash("correct horse".to_owned(), &entropy).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await);
        assert!(!passwords.verify("wrong horse".to_owned(), Some(hash)).await);
        assert!(!passwords.verify("correct horse".to_owned(), None).await);
        assert!(!passwords.verify("correct horse".to_owned(), Some("nonsense".to_owned())).await);
        assert!(passwords.hash("short".to_owned(), &entropy).await.is_err());
        assert!(passwords.hash("x".repeat(201), &entropy).await.is_err());
    }
}
