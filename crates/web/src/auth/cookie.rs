//! The cookie that carries a session's token.

use axum::http::{HeaderMap, HeaderValue, header};
use time::Duration;

const NAME: &str = "findme_session";

/// The token that a request carries, as a cookie or as a bearer.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Scripts cannot read it, other sites' requests do not carry it.
pub(crate) fn set(token: &str, lasts: Duration, https: bool) -> HeaderMap {
    header_of(token, lasts.whole_seconds(), https)
}

pub(crate) fn clear(https: bool) -> HeaderMap {
    header_of("", 0, https)
}

fn header_of(token: &str, seconds: i64, https: bool) -> HeaderMap {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&text).expect("a token is hexadecimal");
    HeaderMap::from_iter([(header::SET_COOKIE, value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let check = |name: header::HeaderName, value: &str, expected: Option<&str>| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(token(&headers), expected, "{value}");
        };
        check(header::COOKIE, "a=b; findme_session=abc; c=d", Some("abc"));
        check(header::COOKIE, "findme_sessionx=abc", None);
        check(header::AUTHORIZATION, "Bearer abc", Some("abc"));
        check(header::AUTHORIZATION, "Basic abc", None);
    }

    #[test]
    fn a_cookie_demands_https_where_people_use_it() {
        let text = |https| format!("{:?}", set("abc", Duration::HOUR, https));
        assert!(text(true).contains("Secure") && !text(false).contains("Secure"));
        assert!(text(false).contains("HttpOnly; SameSite=Lax; Max-Age=3600"));
    }
}
