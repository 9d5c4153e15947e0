//! The engine's tests on real models and real files.
//!
//! They need ONNX Runtime and the models. Without them they fail and say what to do; they never pass by skipping.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod event;
mod gallery;
mod golden;
mod hostile;
mod orientation;
mod packs;
mod selfie;
mod support;
