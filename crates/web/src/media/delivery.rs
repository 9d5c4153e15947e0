//! How a photo's bytes leave the store.

use blobs::{BlobError, BlobKey, BlobStream, Blobs};
use domain::{EventId, Rendition};
use store::photo::Photo;

/// The original of `photo`. Every original that is delivered comes through here, alone or in an archive.
///
/// # Errors
/// When the store fails. A file that it does not have is no error but `None`.
pub(crate) async fn original(
    blobs: &Blobs,
    event_id: EventId,
    photo: &Photo,
) -> Result<Option<BlobStream>, BlobError> {
    blobs.stream(&BlobKey::new(event_id, photo.sha256, Rendition::Original)).await
}

/// The copy of `photo` that `rendition` names.
///
/// # Errors
/// When the store fails. A file that it does not have is no error but `None`.
pub(crate) async fn open(
    blobs: &Blobs,
    event_id: EventId,
    photo: &Photo,
    rendition: Rendition,
) -> Result<Option<BlobStream>, BlobError> {
    match rendition {
        Rendition::Original => original(blobs, event_id, photo).await,
        Rendition::Preview | Rendition::Thumb => {
            blobs.stream(&BlobKey::new(event_id, photo.sha256, rendition)).await
        }
    }
}
