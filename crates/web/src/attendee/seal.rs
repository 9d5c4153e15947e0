//! The face of a search, sealed: a page asks the same search again without another selfie, and nothing is kept here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::{Embedding, Entropy, EventId};

/// How long a seal can be opened, in seconds.
const LASTS_S: i64 = 12 * 3600;
const NONCE_BYTES: usize = 24;
/// Longest text that is looked at: an embedding of 512 numbers takes less than 3 KiB.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Seals the faces of searches, so that only this installation reads them. Cheap to clone.
#[derive(Clone)]
pub struct SealKey {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(***)")
    }
}

impl SealKey {
    /// Seals with `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// The embedding, which `pack` made, as a text that can be opened at this event for a while.
    pub(crate) fn seal(
        &self,
        event_id: EventId,
        pack: &str,
        embedding: &Embedding,
        now: i64,
        entropy: &Entropy,
    ) -> String {
        let nonce = entropy.bytes::<NONCE_BYTES>();
        let expires = (now + LASTS_S).to_be_bytes();
        let bound_to = bound_to(event_id, pack, expires);
        let payload = Payload { msg: &embedding.to_le_bytes(), aad: &bound_to };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("an embedding is short");
        URL_SAFE_NO_PAD.encode([&nonce[..], &expires, &sealed].concat())
    }

    /// What was sealed at this event while it had `pack`, unless it was changed or has run out.
    pub(crate) fn open(&self, event_id: EventId, pack: &str, text: &str, now: i64) -> Option<Embedding> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let (expires, sealed) = rest.split_first_chunk::<8>()?;
        if i64::from_be_bytes(*expires) < now {
            return None;
        }
        let bound_to = bound_to(event_id, pack, *expires);
        let payload = Payload { msg: sealed, aad: &bound_to };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Embedding::from_le_bytes(&opened).ok()
    }
}

/// What a seal cannot be opened without.
fn bound_to(event_id: EventId, pack: &str, expires: [u8; 8]) -> Vec<u8> {
    [&event_id.0.as_bytes()[..], &expires, pack.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_at_its_event_with_its_pack_for_twelve_hours() {
        let [gala, other] = [1, 2].map(|n| EventId::from_entropy(&Entropy::fixed(n)));
        let key = SealKey::new([7; 32]);
        let face = Embedding::normalised(&[3.0, 4.0]).unwrap();
        let text = key.seal(gala, "one", &face, 1000, &Entropy::fixed(3));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        let plain = face.to_le_bytes();
        assert!(!bytes.windows(4).any(|window| window == &plain[..4]), "nothing of the face can be read");
        let opened = key.open(gala, "one", &text, 1000 + LASTS_S).unwrap();
        assert!((opened.cosine(&face).0 - 1.0).abs() < 1e-6);
        assert_eq!(key.open(gala, "one", &text, 1001 + LASTS_S), None, "it has run out");
        assert_eq!(key.open(other, "one", &text, 1000), None, "another event");
        assert_eq!(key.open(gala, "two", &text, 1000), None, "another pack");
        assert_eq!(SealKey::new([8; 32]).open(gala, "one", &text, 1000), None, "another key");
        for place in [0, NONCE_BYTES + 3, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(key.open(gala, "one", &URL_SAFE_NO_PAD.encode(&changed), 1000), None, "byte {place}");
        }
        for nonsense in ["", "x", "%%%", &"A".repeat(20_000)] {
            assert_eq!(key.open(gala, "one", nonsense, 1000), None);
        }
    }

    #[test]
    fn a_key_is_not_printed_in_logs() {
        assert_eq!(format!("{:?}", SealKey::new([7; 32])), "SealKey(***)");
    }
}
