//! Logging in and out, passwords, the second step, and the first admin.

pub mod accept_invitation;
pub mod access_token;
pub(crate) mod adoption;
pub mod change_password;
pub(crate) mod cookie;
pub mod delete_me;
pub mod forgotten_password;
pub mod login;
pub mod logout;
pub mod logout_everywhere;
pub mod me;
pub mod mfa;
pub mod password;
pub(crate) mod password_link;
pub mod pseudonym;
pub mod refresh;
pub mod reset_password;
pub mod session;
pub mod setup;
pub(crate) mod token;
