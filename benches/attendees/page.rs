//! What a browser loads to show an event's page: the page, what it names, and what the page's own part imports.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

/// The chunk of the visitors' page, by the beginning of its name.
const CHUNK: &str = "Attendee-";

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
    let entry = open.iter().find(|path| is_script(path)).expect("a script").clone();
    open.extend(of_chunk(&plain(&entry).await));
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

/// What Vite's entry loads for the chunk of the visitors' page: an import, with the numbers of what goes with it.
fn of_chunk(entry: &str) -> Vec<String> {
    let list = Regex::new(r"m\.f=\[([^\]]*)\]").expect("a pattern");
    let list = list.captures(entry).expect("Vite's list of files")[1].to_owned();
    let files: Vec<String> =
        list.split(',').map(|file| format!("/{}", file.trim().trim_matches('"'))).collect();
    let import = Regex::new(&format!(
        r"import\([`'\x22]\./({CHUNK}[^`'\x22]+)[`'\x22]\).*?__vite__mapDeps\(\[([0-9,]*)\]\)"
    ));
    let import = import.expect("a pattern");
    let found = import.captures(entry).unwrap_or_else(|| panic!("no chunk of the name {CHUNK}…"));
    let with = found[2].split(',').filter_map(|number| files.get(number.parse::<usize>().ok()?).cloned());
    with.chain([format!("/assets/{}", &found[1])]).collect()
}

/// What a script imports before it runs.
fn imported_by(script: &str) -> Vec<String> {
    let import = Regex::new(r#"(?:from|import)["`']\./([^"`']+\.js)["`']"#).expect("a pattern");
    import.captures_iter(script).map(|found| format!("/assets/{}", &found[1])).collect()
}
