//! Recognizers as those above use them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod fake_server;
mod rekognition;
mod world;
