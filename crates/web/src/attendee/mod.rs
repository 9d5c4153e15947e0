//! What a person at an event sees and does. Searching needs no account.

pub mod register;
pub mod search;
pub mod show_event;

/// The wording of the consent that the page shows. A new wording is a new version, and older consents end.
pub const CONSENT_VERSION: &str = "2026-11-1";
