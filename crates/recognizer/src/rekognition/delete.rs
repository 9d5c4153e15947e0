//! Deletes the faces of photos.

use std::collections::HashSet;

use domain::{EventId, PhotoId};

use super::trouble::Trouble;
use super::{Operation, Rekognition, Unavailable};

/// Faces that one call names or deletes at most (Rekognition's limit).
const AT_ONCE: usize = 4096;

impl Rekognition {
    /// Deletes all faces of these photos from the event's collection, whatever came of the calls that put them there.
    /// Returns how many there were.
    ///
    /// Faces are looked up by their photo's id and not by ids of their own: of an answer that was lost on its way nobody
    /// knows these.
    ///
    /// # Errors
    /// When Rekognition cannot be used now, or keeps some of the faces; asking again helps.
    pub async fn delete_photos(
        &self,
        event_id: EventId,
        photo_ids: &[PhotoId],
    ) -> Result<usize, Unavailable> {
        let wanted: HashSet<String> = photo_ids.iter().map(ToString::to_string).collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let face_ids = self.faces_of(event_id, &wanted).await?;
        for some in face_ids.chunks(AT_ONCE) {
            self.delete_faces(event_id, some).await?;
        }
        Ok(face_ids.len())
    }

    /// The faces in the event's collection that carry one of these ids, page by page.
    async fn faces_of(
        &self,
        event_id: EventId,
        wanted: &HashSet<String>,
    ) -> Result<Vec<String>, Unavailable> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = self.bulk.list_faces().collection_id(self.collection(event_id)).max_results(4096);
            let listed = self.call(Operation::ListFaces, page.set_next_token(from).send()).await;
            let page = match listed {
                Ok(page) => page,
                Err(Trouble::NoCollection) => return Ok(Vec::new()),
                Err(other) => return Err(other.unexpected()),
            };
            let of_photo = |face: &&aws_sdk_rekognition::types::Face| {
                face.external_image_id().is_some_and(|id| wanted.contains(id))
            };
            found.extend(page.faces().iter().filter(of_photo).filter_map(|face| face.face_id.clone()));
            from = page.next_token;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    async fn delete_faces(&self, event_id: EventId, face_ids: &[String]) -> Result<(), Unavailable> {
        let deleted = self.bulk.delete_faces().collection_id(self.collection(event_id));
        let deleted = deleted.set_face_ids(Some(face_ids.to_vec())).send();
        let answer = match self.call(Operation::DeleteFaces, deleted).await {
            Ok(answer) => answer,
            Err(Trouble::NoCollection) => return Ok(()),
            Err(other) => return Err(other.unexpected()),
        };
        let is_gone = |reason: &aws_sdk_rekognition::types::UnsuccessfulFaceDeletionReason| {
            reason.as_str() == "FACE_NOT_FOUND"
        };
        let kept: Vec<_> = answer
            .unsuccessful_face_deletions()
            .iter()
            .filter(|one| !one.reasons().iter().any(is_gone))
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        tracing::warn!(%event_id, ?kept, "faces were not deleted; trying again later");
        let reason = format!("{} faces were not deleted", kept.len());
        Err(Unavailable { busy: false, may_be_ours: false, reason })
    }
}
