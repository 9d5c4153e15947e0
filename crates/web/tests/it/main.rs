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
mod event_looks;
mod event_settings;
mod events;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "../../../recognizer/tests/it/fake_server.rs"]
mod fake_server;
mod figures;
mod harness;
mod limits;
mod logs;
mod media;
mod mfa;
mod packs;
mod passwords;
mod people;
mod person;
mod photo_actions;
mod photos;
mod reindex;
mod rekognition;
mod retention;
mod search;
mod sessions;
mod templates;
mod uploads;
mod visiting;
mod visitors;
mod wall;
mod ways_in;
mod zip;
