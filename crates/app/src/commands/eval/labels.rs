//! The labels of an event: who is on which file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    file: String,
    identities: String,
    maybe: String,
    #[serde(default)]
    note: String,
}

/// Who is on a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) identities: BTreeSet<String>,
    /// People of whom it is not certain: never counted, neither as found nor as missed nor as wrong.
    pub(super) maybe: BTreeSet<String>,
    /// The photo that a selfie was cut from: finding it again proves nothing, so it is not counted for this selfie.
    pub(super) cut_from: Option<String>,
}

/// Labels by the file's last two path components (`photos/a.jpg`), as the CSV has them.
pub(super) fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Label>> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    parse(file)
        .with_context(|| format!("{} is not a CSV with the columns file, identities, maybe", path.display()))
}

fn parse(source: impl std::io::Read) -> anyhow::Result<BTreeMap<String, Label>> {
    let names = |text: &str| -> BTreeSet<String> {
        text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    csv::Reader::from_reader(source)
        .deserialize()
        .map(|row| {
            let Row { file, identities, maybe, note } = row?;
            let cut_from =
                note.split_once("crop of ").and_then(|(_, rest)| rest.split(' ').next()).map(str::to_owned);
            Ok((file, Label { identities: names(&identities), maybe: names(&maybe), cut_from }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_and_missing_columns_are_an_error() {
        let labels =
            parse("file,identities,maybe,note\nphotos/a.jpg,ann; bob,carl,x\nphotos/b.jpg,,,crop of photos/a.jpg (leave out)\n".as_bytes())
                .unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let expected = Label { identities: names(&["ann", "bob"]), maybe: names(&["carl"]), cut_from: None };
        assert_eq!(labels["photos/a.jpg"], expected);
        let cut_from = Some("photos/a.jpg".to_owned());
        assert_eq!(labels["photos/b.jpg"], Label { cut_from, ..Label::default() });
        assert!(
            parse("file,identities,maybe\nphotos/a.jpg,ann,\n".as_bytes()).is_ok(),
            "the note may be absent"
        );
        assert!(parse("file,who\na,b\n".as_bytes()).is_err());
    }
}
