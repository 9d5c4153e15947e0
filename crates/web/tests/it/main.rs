//! The API on a real database, with faces written as text.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod api;
mod events;
mod harness;
mod media;
mod people;
mod photos;
mod search;
mod sessions;
mod ways_in;
