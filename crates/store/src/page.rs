//! Lists in pages: each page begins behind the last row of the one before (keyset pagination), so that rows which come
//! or go meanwhile neither hide nor repeat others.

use time::OffsetDateTime;
use uuid::Uuid;

/// Where a page begins, in a list that is sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterName {
    /// The last name, as it is written; the database puts it into lower case.
    pub name: String,
    /// The last id.
    pub id: Uuid,
}

/// Where a page begins, in a list that is sorted by age, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterTime {
    /// The last moment.
    pub at: OffsetDateTime,
    /// The last id.
    pub id: Uuid,
}

/// The order of a list, and where its page begins; `None` is the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// By name, in alphabetical order.
    Name(Option<AfterName>),
    /// By age, newest first.
    Newest(Option<AfterTime>),
}

/// `text` as a pattern of LIKE that finds it anywhere.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_like_are_searched_as_they_are() {
        assert_eq!(containing("50%_\\"), "%50\\%\\_\\\\%");
    }
}
