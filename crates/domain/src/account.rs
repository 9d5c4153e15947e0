//! Who a person is to FindMe.

use std::fmt;

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
    fn an_address_is_not_printed_in_logs() {
        assert_eq!(format!("{:?}", Email::parse("a@b").unwrap()), "Email(***)");
    }
}
