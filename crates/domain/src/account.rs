//! Who a person is to FindMe.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the whole installation.
    Admin,
    /// Owns events.
    Organiser,
    /// Uploads to the events they are assigned to.
    Photographer,
    /// A person at one event.
    Attendee,
}

impl Role {
    /// Its name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Organiser => "organiser",
            Self::Photographer => "photographer",
            Self::Attendee => "attendee",
        }
    }

    /// Whether people of this role belong to the installation, not to one event.
    pub fn is_staff(self) -> bool {
        self != Self::Attendee
    }
}

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        match text {
            "admin" => Ok(Self::Admin),
            "organiser" => Ok(Self::Organiser),
            "photographer" => Ok(Self::Photographer),
            "attendee" => Ok(Self::Attendee),
            _ => Err(NotARole),
        }
    }
}

/// The text names no role.
#[derive(Debug, thiserror::Error)]
#[error("a role is admin, organiser, photographer or attendee")]
pub struct NotARole;

/// The name of a person, as others read it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// The text cannot be a person's name.
#[derive(Debug, thiserror::Error)]
#[error("a person's name has 1 to {} characters", PersonName::CHARS_MAX)]
pub struct NotAName;

impl PersonName {
    /// Longest name, in characters.
    pub const CHARS_MAX: usize = 120;

    /// `text` without the white space around it.
    ///
    /// # Errors
    /// When nothing is left, or more than [`Self::CHARS_MAX`] characters, or a control character.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let text = text.trim();
        let chars = text.chars().count();
        if chars == 0 || chars > Self::CHARS_MAX || text.chars().any(char::is_control) {
            return Err(NotAName);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(***)")
    }
}

/// A name to log in with. It has no `@`, so that it is never taken for an e-mail address, nor an address for it.
/// Compared case-insensitively by the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Username(String);

/// The text cannot be a user name.
#[derive(Debug, thiserror::Error)]
#[error("a user name has 3 to 40 letters, digits, dots, hyphens or underscores")]
pub struct NotAUsername;

impl Username {
    /// Shortest and longest user name, in characters.
    pub const CHARS: std::ops::RangeInclusive<usize> = 3..=40;

    /// `text` without the white space around it.
    ///
    /// # Errors
    /// When it is too short or too long, or has other characters than letters, digits, `.`, `-` and `_`.
    pub fn parse(text: &str) -> Result<Self, NotAUsername> {
        let text = text.trim();
        let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !Self::CHARS.contains(&text.chars().count()) || !text.chars().all(good) {
            return Err(NotAUsername);
        }
        Ok(Self(text.to_owned()))
    }

    /// The user name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(***)")
    }
}

/// An e-mail address that looks like one. Compared case-insensitively by the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Debug, thiserror::Error)]
#[error("this is not an e-mail address")]
pub struct NotAnEmail;

impl Email {
    /// Longest address, in bytes (RFC 5321, 4.5.3.1.3).
    pub const LENGTH_MAX: usize = 254;

    /// Checks the shape only: something, an `@`, a domain, no white space. Whether mail arrives, only mail can tell.
    ///
    /// # Errors
    /// When the shape is wrong or the text is longer than [`Self::LENGTH_MAX`].
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let odd = text.chars().any(|c| c.is_whitespace() || c.is_control());
        if local.is_empty() || domain.is_empty() || odd || text.len() > Self::LENGTH_MAX {
            return Err(NotAnEmail);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_an_address_is_checked() {
        for good in ["a@b", " marie.curie+gala@example.org "] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c", "a@b\n.c", &format!("{}@b", "a".repeat(300))] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn user_names_are_never_addresses() {
        for good in ["ann", "Ann.Lee-2_x", "zoé"] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "ann@home", "a b c", "an\nn", &"a".repeat(41)] {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_role_survives_its_text_form() {
        for role in [Role::Admin, Role::Organiser, Role::Photographer, Role::Attendee] {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn an_address_is_not_printed_in_logs() {
        assert_eq!(format!("{:?}", Email::parse("a@b").unwrap()), "Email(***)");
    }
}
