//! Galleries come from the database.

use domain::{EventId, GalleryFace, GallerySource, HandedOut, SourceError};

use crate::Store;

impl GallerySource for Store {
    fn faces<'a>(
        &'a self,
        event_id: EventId,
        pack: &'a str,
        after_version: i64,
        up_to_version: i64,
        each: &'a mut (dyn FnMut(GalleryFace) + Send),
    ) -> HandedOut<'a> {
        Box::pin(async move {
            let done = self.gallery_faces(event_id, pack, after_version, up_to_version, each).await;
            done.map_err(|error| SourceError(Box::new(error)))
        })
    }
}
