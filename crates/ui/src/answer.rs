//! From an address and headers to an answer.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LINK, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;

use crate::asset::{self, Asset};
use crate::negotiate::{codings, matches};

/// What the pages may load: nothing from elsewhere. Selfies are shown as `blob:`, QR codes as `data:`; Svelte sets widths and
/// ratios by `style` attributes.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
                      style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Sent with every answer, the errors too.
const SECURITY: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(self), microphone=(), geolocation=()")),
];

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The page or file at `path` (`/e/gala`, `/assets/index-….js`).
///
/// 404 for an unknown file and for `/api/…`; 405 for anything but GET and HEAD; 304 when the browser has it already.
pub fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    let mut answer = match *method {
        Method::GET | Method::HEAD => get(path, headers),
        _ => {
            with_header(status(StatusCode::METHOD_NOT_ALLOWED), ALLOW, HeaderValue::from_static("GET, HEAD"))
        }
    };
    answer.headers_mut().extend(SECURITY);
    answer
}

fn get(path: &str, headers: &HeaderMap) -> Response {
    let wanted = codings(&joined(headers, &ACCEPT_ENCODING));
    let Some(asset) = file_of(path).and_then(|file| asset::find(file, &wanted)) else {
        return status(StatusCode::NOT_FOUND);
    };
    let etag = format!("\"{}\"", hex::encode(asset.digest.get(..16).unwrap_or_default()));
    let known = matches(&joined(headers, &IF_NONE_MATCH), &etag);
    let mut answer = described(&asset, &etag);
    if let Some(link) = event_of(path) {
        answer.headers_mut().insert(LINK, link);
    }
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        // Embedded bytes live as long as the program: no copy is made.
        *answer.body_mut() = match asset.bytes {
            Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
            Cow::Owned(bytes) => Body::from(bytes),
        };
    }
    answer
}

/// The file of the build that answers for `path`: itself, or the app's one page when the address has no dot. An event's
/// address gets that page with the names of what it needs, so that a phone fetches all of it at once.
fn file_of(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?;
    let is_api = path == "api" || path.starts_with("api/");
    let last = path.rsplit('/').next().unwrap_or_default();
    if is_api || (path.starts_with("assets/") && !last.contains('.')) {
        return None;
    }
    Some(match path {
        file if last.contains('.') => file,
        event if event.starts_with("e/") => "event.html",
        _ => "index.html",
    })
}

/// Has the browser ask for the event while it still reads its page, `/e/gala`: the page's scripts find the answer waiting.
/// `crossorigin` is how a plain `fetch` asks, also of its own origin.
fn event_of(path: &str) -> Option<HeaderValue> {
    let rest = path.strip_prefix("/e/")?;
    let slug = rest.strip_suffix('/').unwrap_or(rest);
    let is_one_segment =
        !slug.is_empty() && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~%".contains(&byte));
    let link = format!("</api/attendee/events/{slug}>; rel=preload; as=fetch; crossorigin");
    is_one_segment.then(|| HeaderValue::from_str(&link).ok())?
}

/// All headers of an asset, without its body.
fn described(asset: &Asset, etag: &str) -> Response {
    let mut answer = status(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CACHE_CONTROL, if asset.immutable { FOR_EVER } else { ASK_AGAIN });
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(token) = asset.coding.token() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
    }
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    answer
}

/// All values of a header that may come several times, as one list.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

fn status(code: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = code;
    answer
}

fn with_header(mut answer: Response, name: HeaderName, value: HeaderValue) -> Response {
    answer.headers_mut().insert(name, value);
    answer
}

#[cfg(test)]
mod tests;
