//! The second step of staff's log-in: time-based one-time passwords (RFC 6238), and backup codes for lost devices.

pub mod begin;
pub mod confirm;
pub mod disable;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::{Digest, Entropy, UserId};
use totp_rs::{Builder, Totp};

use crate::Web;
use crate::error::{Code, Problem, commit};

/// The name that authenticators show.
const ISSUER: &str = "FindMe";
/// Length of a secret: RFC 4226, section 4, recommends 160 bits.
const SECRET_BYTES: usize = 20;
const NONCE_BYTES: usize = 24;
const BACKUP_CODES: usize = 10;

/// Encrypts the secrets of second steps, so that the database alone does not give them away. Cheap to clone.
#[derive(Clone)]
pub struct MfaKey {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for MfaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MfaKey(***)")
    }
}

impl MfaKey {
    /// Encrypts with `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// Nonce and ciphertext. It can be read back only as this person's.
    fn seal(&self, user_id: UserId, secret: &[u8], entropy: &Entropy) -> Vec<u8> {
        let nonce = entropy.bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret, aad: user_id.0.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a secret is short");
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, user_id: UserId, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let payload = Payload { msg: sealed, aad: user_id.0.as_bytes() };
        self.cipher.decrypt(&XNonce::from(nonce), payload).ok()
    }
}

/// What came of the second step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondStep {
    Passed,
    Missing,
    Wrong,
}

/// Checks a code or a backup code; each counts once.
pub(crate) async fn check(web: &Web, user_id: UserId, code: Option<&str>) -> Result<SecondStep, Problem> {
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Ok(SecondStep::Missing);
    };
    let mut tx = web.store.begin().await?;
    let right = if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        accept(&mut tx, web, user_id, code).await?
    } else {
        store::staff_mfa::consume_backup_code(&mut tx, user_id, backup_hash(user_id, code)).await?
    };
    commit(tx).await?;
    Ok(if right { SecondStep::Passed } else { SecondStep::Wrong })
}

/// Whether `code` is the one that the person's device shows now, or did or will within half a minute, and was not
/// accepted before.
async fn accept(db: &mut store::Connection, web: &Web, user_id: UserId, code: &str) -> Result<bool, Problem> {
    let Some(stored) = store::staff_mfa::get(db, user_id).await? else { return Ok(false) };
    let Some(secret) = web.mfa.open(user_id, &stored.secret) else {
        tracing::error!(
            "a second step cannot be decrypted: MFA_ENCRYPTION_KEY is not the one that it was made with"
        );
        return Err(Code::Internal.into());
    };
    let now = u64::try_from(web.clock.unix_seconds()).unwrap_or(0);
    let step = totp(secret, None).check(code, now).and_then(|step| i64::try_from(step).ok());
    match step {
        Some(step) => Ok(store::staff_mfa::accept_step(db, user_id, step).await?),
        None => Ok(false),
    }
}

/// Six digits, thirty seconds, SHA-1: what every authenticator understands.
fn totp(secret: Vec<u8>, account: Option<&str>) -> Totp {
    let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER));
    let builder = match account {
        // A colon separates issuer and account in the address that authenticators read.
        Some(account) => builder.with_account_name(account.replace(':', "")),
        None => builder,
    };
    builder.build().expect("the secret is long enough, and the names have no colon")
}

/// Ten codes that nobody guesses: 80 random bits each.
fn backup_codes(entropy: &Entropy) -> Vec<String> {
    let code = |_| {
        let text = hex::encode(entropy.bytes::<10>());
        [&text[..5], &text[5..10], &text[10..15], &text[15..]].join("-")
    };
    (0..BACKUP_CODES).map(code).collect()
}

/// What is kept of a backup code, however it is typed.
fn backup_hash(user_id: UserId, code: &str) -> Digest {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Digest::of(format!("{user_id} {}", plain.to_lowercase()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_only_with_its_key_and_for_its_owner() {
        let (ann, bob) = (UserId::from_entropy(&Entropy::fixed(1)), UserId::from_entropy(&Entropy::fixed(2)));
        let key = MfaKey::new([7; 32]);
        let mut sealed = key.seal(ann, b"secret", &Entropy::fixed(3));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open(ann, &sealed).unwrap(), b"secret");
        assert_eq!(key.open(bob, &sealed), None);
        assert_eq!(MfaKey::new([8; 32]).open(ann, &sealed), None);
        sealed[30] ^= 1;
        assert_eq!(key.open(ann, &sealed), None);
        assert_eq!(key.open(ann, b"short"), None);
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of the eight digits at 59 s.
        let code = totp(b"12345678901234567890".to_vec(), None).generate(59).to_string();
        assert_eq!(code, "287082");
    }

    #[test]
    fn a_backup_code_is_known_however_it_is_typed() {
        let ann = UserId::from_entropy(&Entropy::fixed(1));
        let code = &backup_codes(&Entropy::fixed(9))[0];
        assert_eq!(code.len(), 23, "{code}");
        assert_eq!(
            backup_hash(ann, code),
            backup_hash(ann, &format!(" {}", code.replace('-', " ").to_uppercase()))
        );
        assert_ne!(backup_hash(ann, code), backup_hash(UserId::from_entropy(&Entropy::fixed(2)), code));
    }
}
