//! Logos, covers and watermarks: a lane of their own, so that they neither wait for photos nor keep them waiting.

use std::sync::Arc;

use bytes::Bytes;
use domain::Corner;
use engine::PhotoError;
use engine::graphics::{self, Graphic, Mark};
use tokio::time::Instant;

use crate::lane::{Busy, Lane, Ticket};

/// Pictures drawn at once.
const WORKERS: usize = 2;
/// How many may wait for that with what they need in memory; who comes later waits without, or is told to come back.
const WAITING: usize = 64;

/// Makes pictures of an event's looks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Painter(Arc<Lane>);

/// A place among those who wait for a picture, until dropped.
#[derive(Debug)]
pub struct Place(Ticket);

/// What is drawn over a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// A line of text.
    pub text: Option<String>,
    /// A logo: the file that [`Painter::logo`] made.
    pub logo: Option<Bytes>,
    /// Where.
    pub corner: Corner,
    /// How much of the photo it covers: 0 to 1.
    pub opacity: f32,
}

/// Why a picture was not made.
#[derive(Debug, thiserror::Error)]
pub enum PaintError {
    /// Too many are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PhotoError),
}

impl Default for Painter {
    fn default() -> Self {
        Self(Arc::new(Lane::new(WORKERS, WAITING)))
    }
}

impl Painter {
    /// A JPEG, PNG or WebP file as a logo.
    ///
    /// # Errors
    /// When too many wait, or the file cannot be read.
    pub async fn logo(&self, file: Bytes) -> Result<Graphic, PaintError> {
        Ok(self.0.admit()?.run(move || graphics::logo(&file)).await.value?)
    }

    /// A JPEG, PNG or WebP file as a cover.
    ///
    /// # Errors
    /// When too many wait, or the file cannot be read.
    pub async fn cover(&self, file: Bytes) -> Result<Graphic, PaintError> {
        Ok(self.0.admit()?.run(move || graphics::cover(&file)).await.value?)
    }

    /// A place for somebody who waits for a marked photo, to be asked for before its preview is read.
    ///
    /// # Errors
    /// When none was free until then.
    pub async fn place(&self, until: Instant) -> Result<Place, Busy> {
        let place = tokio::time::timeout_at(until, self.0.wait_for_place()).await;
        place.map(Place).map_err(|_| Busy { retry_after_s: 5 })
    }

    /// A preview with the drawing over it, one of many, which waits for its turn.
    ///
    /// # Errors
    /// When preview or logo cannot be read.
    pub async fn mark_in_turn(&self, preview: Bytes, drawing: Drawing) -> Result<Bytes, PhotoError> {
        let ticket = self.0.wait_for_place().await;
        ticket.run(move || mark(Some(&preview), &drawing)).await.value
    }
}

impl Place {
    /// A preview with the drawing over it; without one a plain grey picture.
    ///
    /// # Errors
    /// When preview or logo cannot be read.
    pub async fn mark(&self, preview: Option<Bytes>, drawing: Drawing) -> Result<Bytes, PhotoError> {
        self.0.run(move || mark(preview.as_deref(), &drawing)).await.value
    }
}

fn mark(preview: Option<&[u8]>, drawing: &Drawing) -> Result<Bytes, PhotoError> {
    let Drawing { text, logo, corner, opacity } = drawing;
    let (text, logo) = (text.as_deref(), logo.as_deref());
    graphics::mark(preview, &Mark { text, logo, corner: *corner, opacity: *opacity }).map(Bytes::from)
}
