use super::*;

fn ask(path: &str, headers: &[(HeaderName, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
    serve(&Method::GET, path, &headers)
}

fn header<'a>(answer: &'a Response, name: &HeaderName) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn body(answer: Response) -> Vec<u8> {
    axum::body::to_bytes(answer.into_body(), 10_000_000).await.unwrap().to_vec()
}

/// The first script that index.html loads.
async fn script() -> String {
    let page = String::from_utf8(body(ask("/", &[])).await).unwrap();
    let from = page.find("/assets/index-").expect("index.html loads a script");
    page[from..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_address_is_the_app() {
    for path in ["/", "/setup", "/login", "/events", "/events/gala", "/e/gala-d-ete", "/nothing/here"] {
        let answer = ask(path, &[]);
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&answer, &CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
        assert_eq!(header(&answer, &CACHE_CONTROL), "no-cache", "{path}");
        assert!(String::from_utf8(body(answer).await).unwrap().contains("<div id=\"app\">"), "{path}");
    }
}

#[tokio::test]
async fn an_events_address_names_all_that_its_page_needs() {
    let page = String::from_utf8(body(ask("/e/gala", &[])).await).unwrap();
    let named: Vec<_> =
        page.split('"').filter(|part| part.starts_with("/assets/")).map(ToOwned::to_owned).collect();
    for wanted in ["/assets/early-", "/assets/index-", "/assets/Attendee-"] {
        assert!(named.iter().any(|name| name.starts_with(wanted)), "{wanted} is not among {named:?}");
    }
    for name in &named {
        assert_eq!(ask(name, &[]).status(), StatusCode::OK, "{name}");
    }
    let plain = String::from_utf8(body(ask("/events/gala", &[])).await).unwrap();
    assert!(!plain.contains("/assets/Attendee-"), "staff load nothing of the attendee's page");
}

#[test]
fn an_events_page_has_the_event_asked_for_at_once() {
    for (path, expected) in [
        ("/e/gala-2026", "</api/attendee/events/gala-2026>; rel=preload; as=fetch; crossorigin"),
        ("/e/f%C3%AAte/", "</api/attendee/events/f%C3%AAte>; rel=preload; as=fetch; crossorigin"),
        ("/e/gala-2026/account", ""),
        ("/e/", ""),
        ("/e/a\"b", ""),
        ("/e/a;b", ""),
        ("/events/gala-2026", ""),
        ("/", ""),
    ] {
        assert_eq!(header(&ask(path, &[]), &LINK), expected, "{path}");
    }
}

#[test]
fn unknown_files_and_the_api_are_not_found() {
    for path in [
        "/assets/gone-123.js",
        "/assets/gone",
        "/assets/",
        "/robots.txt",
        "/index.html.br",
        "/api/no",
        "/api",
        "/../Cargo.toml",
    ] {
        assert_eq!(ask(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_hashed_asset_is_kept_for_ever() {
    let answer = ask(&script().await, &[]);
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, &CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(header(&answer, &CONTENT_TYPE), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn the_browsers_codings_choose_the_variant() {
    let script = script().await;
    let check = |accepted: &str, expected: &str| {
        let answer = ask(&script, &[(ACCEPT_ENCODING, accepted)]);
        assert_eq!(header(&answer, &CONTENT_ENCODING), expected, "{accepted}");
        assert_eq!(header(&answer, &VARY), "accept-encoding");
        header(&answer, &ETAG).to_owned()
    };
    let etags = [check("gzip, deflate, br", "br"), check("gzip", "gzip"), check("", "")];
    assert!(etags[0] != etags[1] && etags[1] != etags[2], "each coding needs its own strong ETag: {etags:?}");
    let gzip = body(ask(&script, &[(ACCEPT_ENCODING, "gzip")])).await;
    assert_eq!(gzip[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let first = ask("/e/gala", &[(ACCEPT_ENCODING, "br")]);
    let etag = header(&first, &ETAG).to_owned();
    assert!(etag.starts_with('"') && etag.len() == 34, "{etag}");

    let second = ask("/e/gala", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, &etag)]);
    assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(&second, &ETAG), etag);
    assert!(body(second).await.is_empty());
    assert_eq!(ask("/e/gala", &[(IF_NONE_MATCH, "\"other\"")]).status(), StatusCode::OK);
}

#[test]
fn every_answer_carries_the_security_headers() {
    for path in ["/", "/assets/gone.js", "/api/no"] {
        let answer = ask(path, &[]);
        assert!(
            header(&answer, &CONTENT_SECURITY_POLICY).starts_with("default-src 'self'; img-src"),
            "{path}"
        );
        assert_eq!(header(&answer, &X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(header(&answer, &REFERRER_POLICY), "no-referrer", "{path}");
        assert!(header(&answer, &PERMISSIONS_POLICY).starts_with("camera=(self)"), "{path}");
    }
}

#[test]
fn only_reading_is_allowed() {
    let answer = serve(&Method::POST, "/", &HeaderMap::new());
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&answer, &ALLOW), "GET, HEAD");
    assert_eq!(serve(&Method::HEAD, "/", &HeaderMap::new()).status(), StatusCode::OK);
}

/// The app must not fetch anything from elsewhere before it is even started, nor hold a script that the policy blocks.
#[tokio::test]
async fn the_page_loads_only_its_own_files() {
    let page = String::from_utf8(body(ask("/", &[])).await).unwrap();
    assert!(!page.contains("http"), "{page}");
    assert_eq!(
        page.matches("<script").count(),
        page.matches("<script type=\"module\" crossorigin src=\"/assets/").count()
    );
}

#[tokio::test]
async fn the_manifest_names_icons_that_are_there() {
    let page = String::from_utf8(body(ask("/", &[])).await).unwrap();
    assert!(page.contains("<link rel=\"manifest\" href=\"/app.webmanifest\""), "{page}");
    assert!(page.contains("<link rel=\"apple-touch-icon\" href=\"/icons/apple-touch-icon.png\""), "{page}");
    assert_eq!(ask("/icons/apple-touch-icon.png", &[]).status(), StatusCode::OK);

    let manifest = ask("/app.webmanifest", &[]);
    assert_eq!(header(&manifest, &CONTENT_TYPE), "application/manifest+json");
    let manifest = String::from_utf8(body(manifest).await).unwrap();
    let icons: Vec<_> =
        manifest.split("\"src\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(icons.len(), 4, "{manifest}");
    for icon in icons {
        assert_eq!(ask(icon, &[]).status(), StatusCode::OK, "{icon}");
    }
    // An installed page must come back to the event that it was installed from.
    assert!(!manifest.contains("start_url"), "{manifest}");
}
