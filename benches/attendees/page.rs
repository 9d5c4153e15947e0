//! What a browser loads to show an event's page: the page, what it names, and what its scripts import.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

/// What a browser loads.
pub(crate) struct Page {
    /// Path of the page itself.
    pub(crate) path: String,
    /// Paths of its files: scripts, styles, icon.
    pub(crate) paths: Vec<String>,
    /// All of it as it travels, compressed.
    pub(crate) bytes: usize,
}

/// Reads the page at `path` as a browser does.
pub(crate) async fn read(url: &str, path: &str) -> Page {
    let client = reqwest::Client::new();
    let plain = async |path: &str| {
        let answer = client.get(format!("{url}{path}")).send().await.expect("an answer");
        answer.error_for_status().expect("a file").text().await.expect("text")
    };
    let html = plain(path).await;
    let mut open = named_in(&html);
    let mut paths = BTreeSet::new();
    while let Some(next) = open.pop() {
        if paths.insert(next.clone()) && is_script(&next) {
            open.extend(imported_by(&plain(&next).await));
        }
    }
    let mut bytes = 0;
    for path in std::iter::once(path).chain(paths.iter().map(String::as_str)) {
        let request = client.get(format!("{url}{path}")).header("Accept-Encoding", "br");
        bytes += request.send().await.expect("an answer").bytes().await.expect("a body").len();
    }
    Page { path: path.to_owned(), paths: paths.into_iter().collect(), bytes }
}

fn is_script(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "js")
}

/// The files that a page names.
fn named_in(html: &str) -> Vec<String> {
    let named = Regex::new(r#"(?:src|href)="(/[^"]+)""#).expect("a pattern");
    named.captures_iter(html).map(|found| found[1].to_owned()).collect()
}

/// What a script imports before it runs.
fn imported_by(script: &str) -> Vec<String> {
    let import = Regex::new(r#"(?:from|import)["`']\./([^"`']+\.js)["`']"#).expect("a pattern");
    import.captures_iter(script).map(|found| format!("/assets/{}", &found[1])).collect()
}
