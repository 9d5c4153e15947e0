//! The names of an event.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The title of an event, as people read it: 1 to 120 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventName(String);

/// The text cannot be an event's name.
#[derive(Debug, thiserror::Error)]
#[error("an event's name has 1 to {} characters", EventName::CHARS_MAX)]
pub struct NotAnEventName;

impl EventName {
    /// Longest name, in characters.
    pub const CHARS_MAX: usize = 120;

    /// `text` without the white space around it.
    ///
    /// # Errors
    /// When nothing is left, or more than [`Self::CHARS_MAX`] characters, or a control character.
    pub fn parse(text: &str) -> Result<Self, NotAnEventName> {
        let text = text.trim();
        let chars = text.chars().count();
        if chars == 0 || chars > Self::CHARS_MAX || text.chars().any(char::is_control) {
            return Err(NotAnEventName);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The part of an event's address that names it (`/e/{slug}`): 1 to 64 of `a-z`, `0-9` and inner `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Slug(String);

/// The text cannot be a slug.
#[derive(Debug, thiserror::Error)]
#[error("an event's address has 1 to {} characters of a-z, 0-9 and inner hyphens", Slug::LENGTH_MAX)]
pub struct NotASlug;

impl Slug {
    /// Longest slug.
    pub const LENGTH_MAX: usize = 64;

    /// Checks `text`.
    ///
    /// # Errors
    /// When it has other characters, or begins or ends with a hyphen, or is too long or empty.
    pub fn parse(text: &str) -> Result<Self, NotASlug> {
        let good = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let shaped = !text.is_empty() && text.len() <= Self::LENGTH_MAX && text.bytes().all(good);
        if !shaped || text.starts_with('-') || text.ends_with('-') {
            return Err(NotASlug);
        }
        Ok(Self(text.to_owned()))
    }

    /// The slug that `name` suggests: "Gala d'été 2026" becomes "gala-d-ete-2026". A name without a single letter
    /// or digit of the Latin alphabet becomes "event".
    pub fn suggested_by(name: &EventName) -> Self {
        let mut text = String::new();
        for c in name.as_str().chars().flat_map(char::to_lowercase).map(without_accent) {
            if c.is_ascii_alphanumeric() {
                text.push(c);
            } else if !text.is_empty() && !text.ends_with('-') {
                text.push('-');
            }
        }
        text.truncate(Self::LENGTH_MAX - 8); // leaves room for a number that makes it unique
        let text = text.trim_end_matches('-');
        Self(if text.is_empty() { "event" } else { text }.to_owned())
    }

    /// This slug with `-number` behind it.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// French letters without their accent; other letters as they are.
fn without_accent(c: char) -> char {
    match c {
        'à' | 'â' | 'ä' | 'á' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        'ÿ' => 'y',
        'ñ' => 'n',
        other => other,
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_a_slug() {
        let check = |name: &str, slug| {
            assert_eq!(Slug::suggested_by(&EventName::parse(name).unwrap()).as_str(), slug, "{name}");
        };
        check("Gala d'été 2026", "gala-d-ete-2026");
        check("  --Noël!  ", "noel");
        check("婚礼", "event");
        check(&"x".repeat(120), &"x".repeat(56));
    }

    #[test]
    fn what_is_suggested_is_a_slug() {
        for name in ["a", "--a--", &"é ".repeat(60), "☃"] {
            let slug = Slug::suggested_by(&EventName::parse(name).unwrap());
            assert!(Slug::parse(slug.as_str()).is_ok(), "{name} gave {slug}");
            assert!(Slug::parse(slug.numbered(4_000_000).as_str()).is_ok(), "{name} gave {slug}");
        }
    }

    #[test]
    fn odd_slugs_and_names_are_refused() {
        for text in ["", "-a", "a-", "A", "a/b", "é", &"a".repeat(65)] {
            assert!(Slug::parse(text).is_err(), "{text}");
        }
        for text in ["", "   ", "a\nb", &"a".repeat(121)] {
            assert!(EventName::parse(text).is_err(), "{text}");
        }
    }
}
