//! The fields of an account, checked; an answer names the one that is wrong or taken.

use domain::{Email, PersonName, Username};
use serde::{Deserialize as _, Deserializer};
use store::quota::Allowance;
use store::{StoreError, attendee, staff};

use crate::error::{Code, Problem};

pub(crate) fn name(text: &str) -> Result<PersonName, Problem> {
    PersonName::parse(text).map_err(|_| Problem::field("name"))
}

pub(crate) fn email(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|_| Problem::field("email"))
}

/// A user name that may be left out.
pub(crate) fn username(text: Option<&str>) -> Result<Option<Username>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(|text| Username::parse(text).map_err(|_| Problem::field("username"))).transpose()
}

/// An e-mail that may be left out.
pub(crate) fn optional_email(text: Option<&str>) -> Result<Option<Email>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(email).transpose()
}

/// An account could not be added: because e-mail or user name are taken, or because the database failed.
pub(crate) fn taken(error: StoreError) -> Problem {
    let breaks = |constraints: [&str; 2]| constraints.iter().any(|name| error.violates_unique(name));
    if breaks([staff::EMAIL_UNIQUE, attendee::EMAIL_UNIQUE]) {
        Problem::taken(Code::EmailTaken, "email")
    } else if breaks([staff::USERNAME_UNIQUE, attendee::USERNAME_UNIQUE]) {
        Problem::taken(Code::UsernameTaken, "username")
    } else {
        error.into()
    }
}

/// An allowance; null lifts it. What is left out stays `None`.
pub(crate) fn allowance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Allowance>, D::Error> {
    let bytes = Option::deserialize(deserializer)?;
    Ok(Some(bytes.map_or(Allowance::Unlimited, Allowance::Bytes)))
}

/// The allowance, not below zero.
pub(crate) fn checked_allowance(given: Option<Allowance>) -> Result<Option<Allowance>, Problem> {
    match given {
        Some(Allowance::Bytes(..0)) => Err(Problem::field("bytes_max")),
        Some(Allowance::Bytes(0..) | Allowance::Unlimited) | None => Ok(given),
    }
}
