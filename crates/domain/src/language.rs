//! The two languages in which FindMe speaks to people.

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// The first language of an `Accept-Language` header that FindMe speaks; English when there is none.
    ///
    /// Browsers list languages in order of preference, so weights (`;q=`) need no reading.
    pub fn from_accept_language(header: &str) -> Self {
        header.split(',').find_map(|range| Self::from_tag(range.trim())).unwrap_or_default()
    }

    fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "fr" => Some(Self::Fr),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_spoken_language_wins() {
        let check =
            |header, expected| assert_eq!(Language::from_accept_language(header), expected, "{header}");
        check("fr-CA,fr;q=0.9,en;q=0.8", Language::Fr);
        check("de, en-GB;q=0.5, fr;q=0.2", Language::En);
        check("de", Language::En);
        check("", Language::En);
        check("é", Language::En);
    }
}
