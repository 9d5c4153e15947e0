//! How tokens travel: pages have them in cookies that scripts cannot read, programs in a header.

use axum::http::{HeaderMap, HeaderValue, header};
use domain::EventId;
use time::Duration;

const ACCESS: &str = "findme_access";
const REFRESH: &str = "findme_refresh";
/// How long a browser is known at an event after it was last given its cookie.
const VISITOR_LASTS: Duration = Duration::days(180);

/// Whether a page of ours asks. Pages send this header with every call; other sites' pages cannot.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    headers.contains_key("x-findme")
}

/// The access token that a request carries, as a bearer or as a cookie.
pub(crate) fn access(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| cookie(headers, ACCESS))
}

/// The refresh token that a page's request carries.
pub(crate) fn refresh(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, REFRESH)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Both tokens, for as long as the log-in may last. Scripts cannot read them, other sites' requests do not carry them,
/// and the refresh token goes to the API only.
pub(crate) fn set(access: &str, refresh: &str, lasts: Duration, https: bool) -> HeaderMap {
    let seconds = lasts.whole_seconds();
    let pair = [
        line(ACCESS, access, "Path=/; SameSite=Lax", seconds, https),
        line(REFRESH, refresh, "Path=/api; SameSite=Strict", seconds, https),
    ];
    pair.into_iter().map(|value| (header::SET_COOKIE, value)).collect::<Headers>().0
}

pub(crate) fn clear(https: bool) -> HeaderMap {
    set("", "", Duration::ZERO, https)
}

/// The token by which a browser without an account is known at the event.
pub(crate) fn visitor(headers: &HeaderMap, event_id: EventId) -> Option<&str> {
    cookie(headers, &visitor_name(event_id)).filter(|token| !token.is_empty())
}

/// The line that gives a browser that token.
pub(crate) fn set_visitor(event_id: EventId, token: &str, https: bool) -> HeaderValue {
    visitor_line(event_id, token, VISITOR_LASTS, https)
}

/// The line that takes it away.
pub(crate) fn clear_visitor(event_id: EventId, https: bool) -> HeaderValue {
    visitor_line(event_id, "", Duration::ZERO, https)
}

fn visitor_line(event_id: EventId, token: &str, lasts: Duration, https: bool) -> HeaderValue {
    line(&visitor_name(event_id), token, "Path=/; SameSite=Lax", lasts.whole_seconds(), https)
}

/// One cookie for each event, so that no event's token is known to another.
fn visitor_name(event_id: EventId) -> String {
    format!("findme_visitor_{}", event_id.0.simple())
}

fn line(name: &str, token: &str, scope: &str, seconds: i64, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={token}; {scope}; HttpOnly; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("a token is letters, digits, dots, hyphens and underscores")
}

/// Headers of which several have one name.
struct Headers(HeaderMap);

impl FromIterator<(header::HeaderName, HeaderValue)> for Headers {
    fn from_iter<T: IntoIterator<Item = (header::HeaderName, HeaderValue)>>(pairs: T) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        Self(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let check = |name: header::HeaderName, value: &str, expected: Option<&str>| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(access(&headers), expected, "{value}");
        };
        check(header::COOKIE, "a=b; findme_access=abc; c=d", Some("abc"));
        check(header::COOKIE, "findme_accessx=abc", None);
        check(header::AUTHORIZATION, "Bearer abc", Some("abc"));
        check(header::AUTHORIZATION, "Basic abc", None);
    }

    #[test]
    fn each_event_has_a_cookie_of_its_own() {
        let [one, two] = [1, 2].map(|n| EventId::from_entropy(&domain::Entropy::fixed(n)));
        let set = set_visitor(one, "abc", false);
        let pair = set.to_str().unwrap().split_once(';').unwrap().0.to_owned();
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&pair).unwrap())]);
        assert_eq!((visitor(&headers, one), visitor(&headers, two)), (Some("abc"), None));
        let attributes = set.to_str().unwrap().split_once("; ").unwrap().1;
        assert_eq!(attributes, "Path=/; SameSite=Lax; HttpOnly; Max-Age=15552000");
        assert!(set_visitor(one, "abc", true).to_str().unwrap().ends_with("; Secure"));
        assert!(
            clear_visitor(one, false)
                .to_str()
                .unwrap()
                .contains("=; Path=/; SameSite=Lax; HttpOnly; Max-Age=0")
        );
    }

    #[test]
    fn a_cookie_demands_https_where_people_use_it() {
        let texts = |https| {
            let headers = set("abc", "def", Duration::HOUR, https);
            let values =
                headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned());
            values.collect::<Vec<_>>()
        };
        assert!(texts(true).iter().all(|text| text.contains("HttpOnly") && text.ends_with("; Secure")));
        assert_eq!(texts(false)[0], "findme_access=abc; Path=/; SameSite=Lax; HttpOnly; Max-Age=3600");
        assert_eq!(texts(false)[1], "findme_refresh=def; Path=/api; SameSite=Strict; HttpOnly; Max-Age=3600");
    }
}
