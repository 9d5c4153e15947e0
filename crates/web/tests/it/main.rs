//! The API on a real database, with faces written as text.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod admin;
mod api;
mod audit;
mod browser;
mod clock;
mod cors;
mod deletion;
mod events;
mod harness;
mod limits;
mod logs;
mod media;
mod mfa;
mod passwords;
mod people;
mod photos;
mod reindex;
mod search;
mod sessions;
mod uploads;
mod visiting;
mod visitors;
mod ways_in;
mod zip;
