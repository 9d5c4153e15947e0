//! What a person at an event sees and does. Searching needs no account.

pub mod enter;
pub mod register;
pub mod search;
pub mod show_event;

/// The wording of the consent that the page shows. A new wording is a new version, and older consents end.
pub const CONSENT_VERSION: &str = "2026-11-1";
/// The wording of the consent to keep a face, to be told of new photos or to be hidden.
pub const TEMPLATE_CONSENT_VERSION: &str = "2026-11-1";
