//! The arrows of crates/README.md point down only: what each crate must never depend on.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of the packages below `package`; only the direct ones if `direct`.
fn dependencies(package: &str, direct: bool) -> BTreeSet<String> {
    let depth = if direct { "1" } else { "1000" };
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package, "--depth", depth])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let names: BTreeSet<String> =
        text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.contains(package) && names.len() > 2, "cargo tree says nothing of {package}: {text}");
    names
}

fn check(package: &str, direct: bool, banned: &[&str]) {
    let names = dependencies(package, direct);
    let found: Vec<_> = banned.iter().filter(|banned| names.contains(**banned)).collect();
    assert!(found.is_empty(), "{package} must not depend on {found:?}");
}

#[test]
fn arrows_point_down() {
    check("domain", false, &["tokio", "sqlx", "axum", "ort", "engine", "store", "blobs"]);
    check("engine", false, &["tokio", "sqlx", "axum", "reqwest", "store", "blobs", "recognizer"]);
    check("recognizer", false, &["axum", "sqlx", "store", "blobs", "web", "jobs"]);
    check("store", false, &["axum", "ort", "image", "engine", "blobs"]);
    check("blobs", false, &["axum", "sqlx", "ort", "store", "engine"]);
    check("notify", false, &["tokio", "sqlx", "axum", "store"]);
    check("intake", false, &["axum", "web", "jobs", "ui"]);
    check("jobs", false, &["axum", "web", "ui"]);
    check("ui", false, &["sqlx", "ort", "store", "engine", "web"]);
    check("web", false, &["jobs", "ui", "app"]);
    // web reaches sqlx and ort through the crates below it, but may not use them itself.
    check("web", true, &["ort", "image", "sqlx", "tokio-postgres", "aws-sdk-rekognition", "engine"]);
}
