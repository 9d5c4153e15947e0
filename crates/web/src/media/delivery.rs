//! How a photo's bytes leave the store.

use blobs::{BlobError, BlobKey, BlobStream, Blobs};
use bytes::{Bytes, BytesMut};
use domain::{EventId, Rendition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use recognizer::{Drawing, Painter, Patches, PhotoError};
use store::photo::Photo;

/// The original of `photo`, with places and serial numbers overwritten. Every original that is delivered comes through
/// here, alone or in an archive.
///
/// # Errors
/// When the store fails. A file that it does not have is no error but `None`; neither is one of which nobody knows yet
/// what in it is private.
pub(crate) async fn original(
    blobs: &Blobs,
    event_id: EventId,
    photo: &Photo,
) -> Result<Option<BlobStream>, BlobError> {
    let private_parts = photo.private_parts.as_deref().map(Patches::from_bytes);
    let Some(Ok(private_parts)) = private_parts else {
        tracing::warn!(photo_id = %photo.photo_id, "what is private in this original is not known: it stays here");
        return Ok(None);
    };
    let found = blobs.stream(&BlobKey::new(event_id, photo.sha256, Rendition::Original)).await?;
    Ok(found.map(|found| without(found, private_parts)))
}

/// The blob, with `private_parts` overwritten as it passes.
fn without(blob: BlobStream, private_parts: Patches) -> BlobStream {
    if private_parts.is_empty() {
        return blob;
    }
    let mut offset = 0;
    let overwrite = move |chunk: Bytes| {
        let mut chunk = chunk.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
        private_parts.apply(offset, &mut chunk);
        offset += chunk.len() as u64;
        chunk.freeze()
    };
    BlobStream { size_bytes: blob.size_bytes, stream: blob.stream.map_ok(overwrite).boxed() }
}

/// Where copies of an event's photos come from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Photo bytes.
    pub(crate) blobs: Blobs,
    /// Draws the watermark.
    pub(crate) painter: Painter,
    /// The watermark, where there is one to draw.
    pub(crate) drawing: Option<Drawing>,
}

/// Why a copy cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The watermark cannot be drawn.
    #[error("the watermark cannot be drawn: {0}")]
    Mark(#[from] PhotoError),
}

/// The copy of `photo` that `rendition` names.
///
/// # Errors
/// When the store fails. A file that it does not have is no error but `None`.
pub(crate) async fn open(
    source: &Source,
    event_id: EventId,
    photo: &Photo,
    rendition: Rendition,
) -> Result<Option<BlobStream>, DeliveryError> {
    let Source { blobs, painter, drawing } = source;
    match (rendition, drawing) {
        (Rendition::Original, _) => Ok(original(blobs, event_id, photo).await?),
        (Rendition::Marked, Some(drawing)) => {
            let preview = blobs.get(&BlobKey::new(event_id, photo.sha256, Rendition::Preview)).await?;
            let Some(preview) = preview else { return Ok(None) };
            let bytes = painter.mark_in_turn(preview, drawing.clone()).await?;
            let size_bytes = bytes.len() as u64;
            Ok(Some(BlobStream { size_bytes, stream: stream::iter([Ok(bytes)]).boxed() }))
        }
        (Rendition::Preview | Rendition::Marked, _) => {
            Ok(blobs.stream(&BlobKey::new(event_id, photo.sha256, Rendition::Preview)).await?)
        }
        (Rendition::Thumb, _) => {
            Ok(blobs.stream(&BlobKey::new(event_id, photo.sha256, Rendition::Thumb)).await?)
        }
    }
}
