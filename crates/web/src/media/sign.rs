//! Addresses of photos that nobody can guess and that end.

use domain::{Digest, EventId, Rendition, VisitorId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How long an address works at least, in seconds.
const LASTS_S: i64 = 12 * 3600;
/// Addresses made within the same span end together, so that a browser can keep a picture it has seen.
const SPAN_S: i64 = 3600;

/// Makes and checks addresses, with a key that all processes of an installation share. Cheap to clone.
#[derive(Clone)]
pub struct SignedUrls {
    key: [u8; 32],
    made_for: MadeFor,
}

/// For whom an address is made. Whoever has it may use it; but of a photo on which somebody wants to be hidden, or that is
/// not published, only some addresses go on to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MadeFor {
    /// Whoever looks at the event.
    Everybody,
    /// This visitor, who is hidden from others and sees themselves.
    Visitor(VisitorId),
    /// Staff of the event, who see everything.
    Staff,
}

impl MadeFor {
    /// Reads what [`SignedUrls::address`] wrote behind `for=`.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Everybody),
            Some("staff") => Some(Self::Staff),
            Some(id) => Some(Self::Visitor(id.parse().ok()?)),
        }
    }
}

impl std::fmt::Debug for SignedUrls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedUrls(***)")
    }
}

/// What an address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The event.
    pub event_id: EventId,
    /// The SHA-256 of the photo's original.
    pub sha256: Digest,
    /// Which copy.
    pub rendition: Rendition,
    /// Until when, in seconds since 1970.
    pub expires: i64,
    /// Whether the browser should keep it as a file.
    pub download: bool,
    /// For whom it is.
    pub made_for: MadeFor,
}

impl SignedUrls {
    /// Signs with `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, made_for: MadeFor::Everybody }
    }

    /// The same, making addresses for these people.
    #[must_use]
    pub fn made_for(&self, made_for: MadeFor) -> Self {
        Self { key: self.key, made_for }
    }

    /// An address to show.
    pub fn url(&self, event_id: EventId, sha256: Digest, rendition: Rendition, now: i64) -> String {
        self.address(self.claim(event_id, sha256, rendition, now, false))
    }

    /// An address to keep the photo as a file.
    pub fn download_url(&self, event_id: EventId, sha256: Digest, rendition: Rendition, now: i64) -> String {
        self.address(self.claim(event_id, sha256, rendition, now, true))
    }

    fn claim(
        &self,
        event_id: EventId,
        sha256: Digest,
        rendition: Rendition,
        now: i64,
        download: bool,
    ) -> Claim {
        Claim { event_id, sha256, rendition, expires: expires(now), download, made_for: self.made_for }
    }

    fn address(&self, claim: Claim) -> String {
        let Claim { event_id, sha256, rendition, expires, download, made_for } = claim;
        let signature = hex::encode(self.mac(claim).finalize().into_bytes());
        let download = if download { "&download=1" } else { "" };
        let made_for = match made_for {
            MadeFor::Everybody => String::new(),
            MadeFor::Visitor(visitor_id) => format!("&for={visitor_id}"),
            MadeFor::Staff => "&for=staff".to_owned(),
        };
        format!(
            "/media/{event_id}/{sha256}/{rendition}?expires={expires}{made_for}&signature={signature}{download}"
        )
    }

    /// Whether `signature` is the one of `claim`, in constant time.
    pub fn is_good(&self, claim: Claim, signature: &str) -> bool {
        hex::decode(signature).is_ok_and(|bytes| self.mac(claim).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, claim: Claim) -> Hmac<Sha256> {
        let Claim { event_id, sha256, rendition, expires, download, made_for } = claim;
        let made_for = match made_for {
            MadeFor::Everybody => String::new(),
            MadeFor::Visitor(visitor_id) => format!("/{visitor_id}"),
            MadeFor::Staff => "/staff".to_owned(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        let text = format!("media/{event_id}/{sha256}/{rendition}/{expires}/{download}{made_for}");
        mac.update(text.as_bytes());
        mac
    }
}

/// What an address says, and its signature, which is yet to be checked. A site's name before the path is passed over.
pub(crate) fn parse_address(address: &str) -> Option<(Claim, String)> {
    let (path, query) = address.split_once('?')?;
    let (_, path) = path.split_once("/media/")?;
    let mut parts = path.split('/');
    let mut next = || parts.next();
    let (event_id, sha256, rendition) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    if next().is_some() {
        return None;
    }
    let (mut expires, mut signature, mut download) = (None, None, false);
    let mut made_for = MadeFor::Everybody;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "expires" => expires = Some(value.parse().ok()?),
            "signature" => signature = Some(value.into_owned()),
            "download" => download = true,
            "for" => made_for = MadeFor::parse(Some(&value))?,
            _ => {}
        }
    }
    Some((Claim { event_id, sha256, rendition, expires: expires?, download, made_for }, signature?))
}

fn expires(now: i64) -> i64 {
    (now.div_euclid(SPAN_S) + 1) * SPAN_S + LASTS_S
}

#[cfg(test)]
mod tests {
    use domain::Entropy;

    use super::*;

    #[test]
    fn only_the_signed_claim_is_good() {
        let urls = SignedUrls::new([1; 32]);
        let event_id = EventId::from_entropy(&Entropy::fixed(1));
        let claim = Claim {
            event_id,
            sha256: Digest::of(b"x"),
            rendition: Rendition::Thumb,
            expires: expires(1_000_000),
            download: false,
            made_for: MadeFor::Everybody,
        };
        let url = urls.url(event_id, claim.sha256, claim.rendition, 1_000_000);
        let signature = url.rsplit_once("signature=").unwrap().1;
        assert!(urls.is_good(claim, signature), "{url}");
        let others = [
            Claim { event_id: EventId::from_entropy(&Entropy::fixed(2)), ..claim },
            Claim { rendition: Rendition::Original, ..claim },
            Claim { expires: claim.expires + 1, ..claim },
            Claim { download: true, ..claim },
            Claim { made_for: MadeFor::Staff, ..claim },
            Claim { made_for: MadeFor::Visitor(VisitorId::from_entropy(&Entropy::fixed(3))), ..claim },
        ];
        assert!(others.iter().all(|other| !urls.is_good(*other, signature)));
        assert!(!SignedUrls::new([2; 32]).is_good(claim, signature), "another key");
        assert!(!urls.is_good(claim, "zz"));
    }

    #[test]
    fn an_address_says_what_was_signed() {
        let urls = SignedUrls::new([1; 32]);
        let event_id = EventId::from_entropy(&Entropy::fixed(1));
        let sha256 = Digest::of(b"x");
        let visitor = MadeFor::Visitor(VisitorId::from_entropy(&Entropy::fixed(3)));
        let (staffs, theirs) = (urls.made_for(MadeFor::Staff), urls.made_for(visitor));
        for (url, download, made_for) in [
            (urls.url(event_id, sha256, Rendition::Preview, 0), false, MadeFor::Everybody),
            (urls.download_url(event_id, sha256, Rendition::Preview, 0), true, MadeFor::Everybody),
            (staffs.url(event_id, sha256, Rendition::Preview, 0), false, MadeFor::Staff),
            (theirs.download_url(event_id, sha256, Rendition::Preview, 0), true, visitor),
        ] {
            let (rendition, expires) = (Rendition::Preview, expires(0));
            let expected = Claim { event_id, sha256, rendition, expires, download, made_for };
            for address in [url.clone(), format!("https://photos.example.org{url}")] {
                let (claim, signature) = parse_address(&address).unwrap();
                assert_eq!(claim, expected, "{address}");
                assert!(urls.is_good(claim, &signature), "{address}");
            }
            for wrong in [
                url.replace("/preview", ""),
                url.replace("/preview", "/preview/x"),
                url.replace("expires=", "e="),
            ] {
                assert_eq!(parse_address(&wrong), None, "{wrong}");
            }
        }
        assert_eq!(parse_address(""), None);
    }

    #[test]
    fn addresses_of_one_hour_are_the_same() {
        assert_eq!(expires(3600), expires(7199));
        assert!(expires(7199) - 7199 >= LASTS_S);
    }
}
