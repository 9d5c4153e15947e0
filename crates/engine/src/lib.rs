//! The compute core of FindMe: photo bytes to faces to matches.
//!
//! Synchronous and pure: no network, no database, no environment, no clock but to time its
//! stages. What is loaded from outside are two libraries: ONNX Runtime, and libheif where the machine has it. An [`Engine`] owns a rayon pool and the
//! ONNX sessions of one model pack; callers hand it bytes and block until the answer is there.
//!
//! ## Why
//! * **One session per thread, one intra-op thread each.** Photos are plenty, so parallelism over photos beats
//!   parallelism inside a model; sessions never wait for each other.
//! * **Decode once.** A photo is decoded at the reduced scale that the preview needs; detection, alignment and both
//!   renditions use these pixels.
//! * **Errors name the cause.** A damaged file costs one [`PhotoError`], never the batch; a panic in a decoder is
//!   caught per photo.
//! * **Unsafe code stands in two places only**: the search's kernels, and the calls to libheif.
//! * **Originals are patched, not rewritten.** See [`privacy`].
//! * **The search is exact.** See [`gallery`].

mod central;
mod containers;
mod dominant;
mod engine;
mod error;
mod faces;
pub mod gallery;
pub mod graphics;
mod index;
mod pack;
mod picture;
mod prepare;
pub mod privacy;
mod selfie;
mod stages;

pub use dominant::{FaceSeen, dominant_face};
pub use engine::{Engine, EngineOptions};
pub use error::{OpenError, PhotoError, SelfieError};
pub use faces::decode::heif::codec;
pub use faces::decode::sniff::{Format, SNIFF_BYTES, sniff};
pub use faces::onnx::OnnxRuntime;
pub use gallery::people::{Person, PersonHit, fused};
pub use gallery::{FaceHit, Gallery, WrongDimension};
pub use index::{IndexedFace, IndexedPhoto};
pub use pack::{
    ChannelOrder, Detector, Family, ModelFile, Normalisation, Pack, PackError, Packs, Recogniser,
};
pub use prepare::{Prepared, Preparer};
pub use selfie::Selfie;
pub use stages::Stages;
