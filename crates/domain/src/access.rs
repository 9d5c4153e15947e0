//! Who may enter an event, and how its photos are marked.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who may enter an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// Everybody who has the link.
    Open,
    /// Who knows the event's code, or has an account at it or a code of an access pack.
    Code,
    /// Who has an account at the event, or a code of an access pack.
    Invitation,
}

/// Where on a photo a watermark stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
    Centre,
}

/// The text names none of what there is.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is none of {1}")]
pub struct NotOneOf(String, &'static str);

/// Gives the names under which the database and the API know the variants.
macro_rules! names {
    ($type:ident: $all:literal, $($variant:ident $name:literal)*) => {
        impl $type {
            /// Its name in the database and in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }

        impl FromStr for $type {
            type Err = NotOneOf;

            fn from_str(text: &str) -> Result<Self, NotOneOf> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    other => Err(NotOneOf(other.to_owned(), $all)),
                }
            }
        }
    };
}

names!(AccessMode: "open, code, invitation", Open "open" Code "code" Invitation "invitation");
names!(Corner: "top_left, top_right, bottom_left, bottom_right, centre",
    TopLeft "top_left" TopRight "top_right" BottomLeft "bottom_left" BottomRight "bottom_right" Centre "centre");

/// A code by which people enter an event: 4 to 32 letters, digits and hyphens. Case does not count when codes are
/// compared, and it is kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessCode(String);

/// The text is no code.
#[derive(Debug, thiserror::Error)]
#[error("a code has 4 to 32 letters, digits and hyphens")]
pub struct NotACode;

/// What codes are made of: nothing that is taken for something else when it is read from a card.
const LEGIBLE: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

impl AccessCode {
    /// The code that `text` is, spaces left out.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let code: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let fits = (4..=32).contains(&code.len());
        let is_good = fits && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_good { Ok(Self(code)) } else { Err(NotACode) }
    }

    /// A code of `N` characters that nobody can foresee.
    pub fn from_entropy<const N: usize>(entropy: &crate::Entropy) -> Self {
        let letter = |byte: u8| char::from(LEGIBLE[usize::from(byte) % LEGIBLE.len()]);
        Self(entropy.bytes::<N>().into_iter().map(letter).collect())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<AccessCode> for String {
    fn from(code: AccessCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_letters_digits_and_hyphens() {
        for (text, expected) in
            [("Gala-26", Some("Gala-26")), (" ab 12 ", Some("ab12")), ("abc", None), ("été-26", None)]
        {
            assert_eq!(AccessCode::parse(text).ok().as_ref().map(AccessCode::as_str), expected, "{text}");
        }
        assert!(AccessCode::parse(&"a".repeat(33)).is_err());
    }

    #[test]
    fn a_new_code_has_nothing_that_is_misread() {
        let entropy = crate::Entropy::new(|buffer| (0_u8..).zip(buffer).for_each(|(n, byte)| *byte = n));
        let code = AccessCode::from_entropy::<32>(&entropy);
        assert!(!code.as_str().contains(['0', 'O', '1', 'I']), "{code:?}");
        assert_eq!(AccessCode::parse(code.as_str()).unwrap(), code);
    }
}
