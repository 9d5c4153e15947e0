//! What the browser's headers ask for: codings (RFC 9110, 12.5.3) and validators (RFC 9110, 13.1.2).

/// How the bytes of an answer are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// The compressed ones, smallest answer first.
    pub(crate) const COMPRESSED: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What the build adds to the file's name.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// Its name in `Content-Encoding`; `None` for plain bytes.
    pub(crate) fn token(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// The codings that an `Accept-Encoding` header allows, best for us first. Weights above zero do not order them: a browser
/// that takes both has no reason to want the larger one.
pub(crate) fn codings(accept_encoding: &str) -> Vec<Coding> {
    let allowed = |coding: &Coding| coding.token().is_some_and(|token| accepts(accept_encoding, token));
    Coding::COMPRESSED.into_iter().filter(allowed).collect()
}

fn accepts(header: &str, token: &str) -> bool {
    let weight_of = |wanted: &str| {
        header.split(',').find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            name.trim().eq_ignore_ascii_case(wanted).then(|| weight(parameters))
        })
    };
    weight_of(token).or_else(|| weight_of("*")).is_some_and(|weight| weight > 0.0)
}

/// The `q` among a coding's parameters: 1 when there is none, 0 when it is no number.
fn weight(parameters: &str) -> f32 {
    let given = parameters.split(';').find_map(|each| each.trim().strip_prefix("q="));
    given.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0))
}

/// Whether an `If-None-Match` header names `etag` (with its quotes). Weak comparison, as the RFC asks here.
pub(crate) fn matches(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|each| each == "*" || each.strip_prefix("W/").unwrap_or(each) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_follow_the_header() {
        let check = |header, expected: &[Coding]| assert_eq!(codings(header), expected, "{header}");
        check("gzip, deflate, br, zstd", &[Coding::Brotli, Coding::Gzip]);
        check("gzip", &[Coding::Gzip]);
        check("GZIP ; q=0.5", &[Coding::Gzip]);
        check("br;q=0, gzip;q=1.0", &[Coding::Gzip]);
        check("br;q=0, *", &[Coding::Gzip]);
        check("*;q=0", &[]);
        check("gzip;q=oops", &[]);
        check("identity", &[]);
        check("", &[]);
    }

    #[test]
    fn validators_are_compared_weakly() {
        let check = |header, expected| assert_eq!(matches(header, "\"abc\""), expected, "{header}");
        check("\"abc\"", true);
        check("W/\"abc\"", true);
        check("\"x\", \"abc\"", true);
        check("*", true);
        check("\"abcd\"", false);
        check("abc", false);
        check("", false);
    }
}
