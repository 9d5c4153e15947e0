//! The binary as people start it: real models, a private PostgreSQL, real photographs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod doctor;
mod eval;
mod findme;
mod import;
mod kill;
mod layers;
mod models;
mod serve;
