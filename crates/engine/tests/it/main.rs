//! The engine's tests on real models and real files.
//!
//! They need ONNX Runtime and the models. Without them they fail and say what to do; they never pass by skipping. Only what
//! needs libheif and its encoder says that it is skipped where these are missing, unless `CI` is set.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod cameras;
mod event;
mod formats;
mod fuzz;
mod gallery;
mod golden;
mod hostile;
mod orientation;
mod packs;
mod people;
mod privacy;
mod selfie;
mod support;
mod writers;
