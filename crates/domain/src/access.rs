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
