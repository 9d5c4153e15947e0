//! The binary as people start it: real models, a private PostgreSQL, real photographs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authz;
mod database;
mod deep_check;
mod doctor;
mod eval;
mod faults;
mod findme;
mod gone_events;
#[path = "../../../web/tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with web's own tests, which use all of it")]
mod harness;
mod import;
mod kill;
mod layers;
#[path = "../../../web/tests/it/logs.rs"]
mod logs;
mod models;
mod news;
mod openapi;
#[path = "../../../web/tests/it/people.rs"]
#[expect(dead_code, reason = "shared with web's own tests, which use all of it")]
mod people;
mod reindex;
mod restart;
#[path = "../../../blobs/tests/it/s3_server.rs"]
mod s3_server;
mod secrets;
mod serve;
mod server;
mod tokens;
mod upload;
mod upload_fake;
