//! Access tokens: signed, short-lived, and good in every process that shares the key (JSON Web Tokens, RFC 7519, HS256).

use domain::{EventId, Role, SignInId, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use store::sign_in::Person;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Makes and reads access tokens. Cheap to clone.
#[derive(Clone)]
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    lasts: Duration,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessTokens(***)")
    }
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The person's id, as text.
    sub: String,
    role: Role,
    /// The event of an attendee's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventId>,
    /// The log-in that it belongs to.
    sid: Uuid,
    iat: i64,
    exp: i64,
}

impl Claims {
    pub(crate) fn sign_in_id(&self) -> SignInId {
        SignInId(self.sid)
    }

    pub(crate) fn is_current(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() < self.exp
    }

    /// Whether it says of this person what is true of them now.
    pub(crate) fn speaks_of(&self, person: &Person) -> bool {
        self.sub.parse::<UserId>() == Ok(person.account.user_id())
            && self.role == person.role
            && self.event == person.account.event_id()
    }
}

impl AccessTokens {
    /// Tokens signed with `secret`, each good for `lasts`.
    pub fn new(secret: &[u8], lasts: Duration) -> Self {
        // Only the first call of a process installs it; the others find the same one there.
        let _ = HMAC_ONLY.install_default();
        let (encoding, decoding) = (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self { encoding, decoding, lasts }
    }

    /// How long a token is good for.
    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    pub(crate) fn issue(&self, person: &Person, sign_in_id: SignInId, now: OffsetDateTime) -> String {
        let claims = Claims {
            sub: person.account.user_id().to_string(),
            role: person.role,
            event: person.account.event_id(),
            sid: sign_in_id.0,
            iat: now.unix_timestamp(),
            exp: (now + self.lasts).unix_timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .expect("claims are JSON and the key is for HMAC")
    }

    /// What a token says, if we signed it. Whether it is still good, [`Claims::is_current`] says: the clock is not
    /// this library's.
    pub(crate) fn read(&self, token: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        jsonwebtoken::decode(token, &self.decoding, &validation).ok().map(|data| data.claims)
    }
}

/// The library brings no cryptography of its own; HS256 is all that is spoken here, so that no token can ask for
/// another algorithm.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is or will be is refused")]
static HMAC_ONLY: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256::new(key.as_bytes()))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256::new(key.try_get_as_bytes()?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes any key"))
    }
}

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Entropy};

    use super::*;

    #[test]
    fn only_our_own_tokens_are_read() {
        let ours = AccessTokens::new(b"a secret of thirty-two characters", Duration::minutes(15));
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let user_id = UserId::from_entropy(&Entropy::fixed(1));
        let mut person = Person {
            account: AccountId::Staff(user_id),
            role: Role::Photographer,
            name: String::new(),
            email: None,
            username: None,
            mfa_enabled: false,
            mfa_enrolment_needed: false,
        };
        let sign_in_id = SignInId::from_entropy(&Entropy::fixed(2));
        let token = ours.issue(&person, sign_in_id, now);
        let claims = ours.read(&token).unwrap();
        assert_eq!((claims.sub.as_str(), claims.sign_in_id()), (user_id.to_string().as_str(), sign_in_id));
        assert!(claims.is_current(now) && !claims.is_current(now + Duration::minutes(15)));
        assert!(claims.speaks_of(&person));
        person.role = Role::Admin;
        assert!(!claims.speaks_of(&person), "their role has changed");
        let theirs = AccessTokens::new(b"another secret of the same length", Duration::minutes(15));
        assert!(theirs.read(&token).is_none());
        // A changed role, and "no signature needed".
        let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        let forged = theirs.issue(&person, sign_in_id, now);
        let admin = forged.split('.').nth(1).unwrap();
        assert!(ours.read(&format!("{head}.{admin}.{signature}")).is_none());
        let none = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"; // {"typ":"JWT","alg":"none"}
        assert!(ours.read(&format!("{none}.{body}.")).is_none());
        assert!(ours.read("").is_none() && ours.read("a.b.c").is_none());
    }
}
