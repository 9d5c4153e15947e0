//! Passwords: hashed with Argon2id on a thread of their own, so that a flood of log-ins takes no processor from people
//! who search.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::Entropy;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Code, Problem};

/// Shortest password, in characters (NIST SP 800-63B asks for 8; longer is better than odder).
pub const CHARS_MIN: usize = 10;
/// Longest password: hashing a book helps nobody but an attacker.
pub const CHARS_MAX: usize = 200;
/// Hashes that may wait for their turn; at 30 ms each the last one waits for two seconds.
const WAITING_MAX: usize = 64;
/// Linux niceness of the hashing thread: whoever searches goes first.
const NICENESS: i32 = 10;
/// Dearest bcrypt hash of an earlier system that is checked: its cost doubles with each step.
const BCRYPT_COST_MAX: u32 = 14;

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords {
    work: mpsc::Sender<Work>,
    /// The hash of a password that nobody has, checked when an account does not exist, so that the answer takes as
    /// long as when it does.
    decoy: Arc<str>,
}

/// Why a password was not accepted or not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has {CHARS_MIN} to {CHARS_MAX} characters")]
    Length,
    /// It is among the first that a thief tries.
    #[error("this password is too easy to guess: choose something longer or less common")]
    TooEasy,
    /// Too many people log in at once.
    #[error("too many are logging in; try again in a few seconds")]
    Busy,
}

impl PasswordError {
    /// As an answer that names the field.
    pub(crate) fn problem(self, field: &'static str) -> Problem {
        match self {
            Self::Length => Problem::field(field),
            Self::TooEasy => Problem::taken(Code::PasswordTooEasy, field),
            Self::Busy => Problem::busy(2),
        }
    }
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is the password.
    Right {
        /// Whether the hash is of an older kind and should be made anew.
        outdated: bool,
    },
    /// It is not, or there is none.
    Wrong,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn new(entropy: &Entropy) -> Self {
        let (work, mut queue) = mpsc::channel::<Work>(WAITING_MAX);
        let hashing = move || {
            // A system that refuses loses only this courtesy.
            let _refused = rustix::process::setpriority_process(None, NICENESS);
            while let Some(work) = queue.blocking_recv() {
                work();
            }
        };
        std::thread::Builder::new().name("passwords".to_owned()).spawn(hashing).expect("a thread can be had");
        let password = hex::encode(entropy.bytes::<16>());
        Self { work, decoy: hash(&password, &entropy.bytes()).into() }
    }

    /// The Argon2id hash of `password`, in PHC text form. `about` is what the person is known by: a password made of
    /// it is too easy.
    ///
    /// # Errors
    /// When it is too short, too long or too easy, or too many are waiting.
    pub async fn hash(
        &self,
        password: String,
        about: &[&str],
        entropy: &Entropy,
    ) -> Result<String, PasswordError> {
        if !(CHARS_MIN..=CHARS_MAX).contains(&password.chars().count()) {
            return Err(PasswordError::Length);
        }
        let salt = entropy.bytes();
        let about: Vec<String> = about.iter().map(|&text| text.to_owned()).collect();
        let hashed = self.on_its_thread(move || is_hard(&password, &about).then(|| hash(&password, &salt)));
        hashed.await?.ok_or(PasswordError::TooEasy)
    }

    /// The Argon2id hash of a password that was accepted before, whatever it is like.
    ///
    /// # Errors
    /// When too many are waiting.
    pub(crate) async fn rehash(&self, password: String, entropy: &Entropy) -> Result<String, PasswordError> {
        let salt = entropy.bytes();
        self.on_its_thread(move || hash(&password, &salt)).await
    }

    /// Whether `password` is the one behind `hash`; takes as long when there is no hash.
    ///
    /// # Errors
    /// When too many are waiting.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<Checked, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let sane = password.chars().count() <= CHARS_MAX;
        let password = if sane { password } else { String::new() };
        let checked = self.on_its_thread(move || check(&password, &hash)).await?;
        Ok(if known && sane { checked } else { Checked::Wrong })
    }

    async fn on_its_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (sender, receiver) = oneshot::channel();
        // Whoever asked may have gone away meanwhile.
        let work = Box::new(move || drop(sender.send(work())));
        self.work.try_send(work).map_err(|_| PasswordError::Busy)?;
        receiver.await.map_err(|_| PasswordError::Busy)
    }
}

/// Whether guessing takes more than a million tries, by the estimate of zxcvbn (Wheeler, USENIX Security 2016).
fn is_hard(password: &str, about: &[String]) -> bool {
    let about: Vec<&str> =
        about.iter().map(String::as_str).chain(["findme", "motdepasse", "azertyuiop"]).collect();
    zxcvbn::zxcvbn(password, &about).score() >= zxcvbn::Score::Two
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

fn check(password: &str, hash: &str) -> Checked {
    let (right, outdated) = if hash.starts_with("$2") {
        (is_bcrypts(password, hash), true)
    } else {
        let right = |hash: PasswordHash<'_>| argon2id().verify_password(password.as_bytes(), &hash).is_ok();
        (PasswordHash::new(hash).is_ok_and(right), false)
    };
    if right { Checked::Right { outdated } } else { Checked::Wrong }
}

/// Hashes of earlier systems: `$2b$12$…`.
fn is_bcrypts(password: &str, hash: &str) -> bool {
    let cost = hash.split('$').nth(2).and_then(|cost| cost.parse::<u32>().ok());
    cost.is_some_and(|cost| cost <= BCRYPT_COST_MAX) && bcrypt::verify(password, hash).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let entropy = Entropy::fixed(5);
        let passwords = Passwords::new(&entropy);
        let hash = passwords.hash("correct horse".to_owned(), &[], &entropy).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let check = async |password: &str, hash: Option<&str>| {
            passwords.verify(password.to_owned(), hash.map(str::to_owned)).await.unwrap()
        };
        assert_eq!(check("correct horse", Some(&hash)).await, Checked::Right { outdated: false });
        assert_eq!(check("wrong horse", Some(&hash)).await, Checked::Wrong);
        assert_eq!(check("correct horse", None).await, Checked::Wrong);
        assert_eq!(check("correct horse", Some("nonsense")).await, Checked::Wrong);
        assert_eq!(check(&"x".repeat(201), Some(&hash)).await, Checked::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_an_earlier_system_opens_and_is_to_be_made_anew() {
        let passwords = Passwords::new(&Entropy::fixed(5));
        let old = bcrypt::hash("correct horse", 4).unwrap();
        let check = async |password: &str, hash: &str| {
            passwords.verify(password.to_owned(), Some(hash.to_owned())).await.unwrap()
        };
        assert_eq!(check("correct horse", &old).await, Checked::Right { outdated: true });
        assert_eq!(check("wrong horse", &old).await, Checked::Wrong);
        let dear = old.replacen("$04$", "$31$", 1);
        assert_eq!(check("correct horse", &dear).await, Checked::Wrong, "it would take weeks");
    }

    #[tokio::test]
    async fn common_passwords_are_refused() {
        let entropy = Entropy::fixed(5);
        let passwords = Passwords::new(&entropy);
        let hash =
            |password: &str| passwords.hash(password.to_owned(), &["marie.curie@example.org"], &entropy);
        for (password, error) in [
            ("short", PasswordError::Length),
            (&"x".repeat(201), PasswordError::Length),
            ("1234567890", PasswordError::TooEasy),
            ("password123", PasswordError::TooEasy),
            ("aaaaaaaaaaaa", PasswordError::TooEasy),
            ("motdepasse1", PasswordError::TooEasy),
            ("azertyuiop", PasswordError::TooEasy),
            ("marie.curie@example.org", PasswordError::TooEasy),
        ] {
            assert_eq!(hash(password).await, Err(error), "{password}");
        }
    }
}
