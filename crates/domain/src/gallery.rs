//! What an event's gallery is made from, for those who search it and those who keep it.

use std::pin::Pin;

use crate::{EventId, GalleryFace};

/// Why a gallery's faces could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SourceError(pub Box<dyn std::error::Error + Send + Sync>);

/// What ends when the faces were handed out.
pub type HandedOut<'a> = Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>>;

/// Where a gallery's faces come from: the database, for all but tests of galleries.
pub trait GallerySource: Send + Sync + std::fmt::Debug {
    /// Hands to `each` the faces of the event that `pack` made and that were added after `after_version`, up to and
    /// including `up_to_version`.
    fn faces<'a>(
        &'a self,
        event_id: EventId,
        pack: &'a str,
        after_version: i64,
        up_to_version: i64,
        each: &'a mut (dyn FnMut(GalleryFace) + Send),
    ) -> HandedOut<'a>;
}
