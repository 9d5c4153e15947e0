//! `findme openapi`, and the document that the pages' types are made of.

use std::process::Command;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/web/src/api/openapi.json");
const MEND: &str = "cargo build --bin findme && target/debug/findme openapi > crates/ui/web/src/api/openapi.json && \
                    npm --prefix crates/ui/web run api";

#[test]
fn the_committed_document_is_that_of_the_code() {
    let printed = Command::new(env!("CARGO_BIN_EXE_findme")).arg("openapi").output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let mut lines = printed.lines().zip(committed.lines()).enumerate();
    let line = lines.find(|(_, (printed, committed))| printed != committed).map_or(0, |(index, _)| index + 1);
    assert!(
        printed == committed,
        "crates/ui/web/src/api/openapi.json is not what the code says (line {line}). To mend it:\n\n    {MEND}\n"
    );
}
