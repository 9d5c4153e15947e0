//! The nouns of FindMe: identifiers, embeddings, scores, roles, and the rules of an event.
//!
//! Nothing here does I/O, reads a clock or knows a framework, so every other crate may depend on it.
//!
//! ## Why
//! The shapes that cross crates live here once, so that `store` can keep what `engine` computes without either
//! knowing the other.

pub mod access;
pub mod account;
pub mod clock;
pub mod digest;
pub mod embedding;
pub mod event;
pub mod face;
pub mod gallery;
pub mod ids;
pub mod language;
pub mod photo;

pub use access::{AccessCode, AccessMode, Corner};
pub use account::{Email, PersonName, Role, Username};
pub use clock::{Clock, Entropy};
pub use digest::Digest;
pub use embedding::{Band, Embedding, Score, Thresholds};
pub use event::{EventName, Slug};
pub use face::{BoxPx, Face, GalleryFace, Landmarks, PointPx, Quality};
pub use gallery::{GallerySource, HandedOut, SourceError};
pub use ids::{
    AccountId, AuditId, BatchId, EventId, FaceId, InvitationId, JobId, MessageId, PackId, PhotoId, SignInId,
    UploadId, UserId, VisitorId,
};
pub use language::Language;
pub use photo::{PhotoState, REKOGNITION_PACK, Rendition};
