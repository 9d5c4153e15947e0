//! What the six ways to an account, and the ways back into one, have in common.

pub mod attendee_form;
pub(crate) mod fields;
pub(crate) mod found;
pub mod member;
