//! What the six ways to an account have in common.

pub mod attendee_form;
pub(crate) mod fields;
pub mod member;
