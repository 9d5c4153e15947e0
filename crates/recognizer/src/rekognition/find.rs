//! A selfie in, the photos of that person out.

use std::collections::HashMap;
use std::time::Instant;

use aws_sdk_rekognition::operation::search_faces_by_image::SearchFacesByImageOutput;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{FaceDetail, Image};
use bytes::Bytes;
use domain::{EventId, PhotoId, Score, Thresholds};
use engine::{FaceSeen, Prepared, dominant_face};

use super::index::bounds;
use super::trouble::Trouble;
use super::{Operation, Rekognition, SENT_BYTES_MAX, SENT_SIDE_PX_LEAST, Unavailable, percent};
use crate::{Busy, FindError, Found, Match, PhotoError, SelfieError, Timing};

/// Most faces that one search gives (Rekognition's limit).
const HITS_MAX: usize = 4096;
/// Faces of at least this confidence, in percent, are faces beyond doubt.
const CONFIDENCE_CERTAIN: f32 = 90.0;
/// When to come back after Rekognition had too much to do.
const RETRY_AFTER_S: u32 = 5;

impl Rekognition {
    /// The photos of the event with the person on the selfie.
    ///
    /// Rekognition would search with the largest face whatever else there is, so that it is first asked what faces there
    /// are: a picture of two friends shall not find the photos of the other one.
    pub(super) async fn find_there(&self, event_id: EventId, selfie: Bytes) -> Result<Found, FindError> {
        let ticket = self.selfie_lane.admit()?;
        let preparer = std::sync::Arc::clone(&self.preparer);
        let prepared = ticket.run(move || preparer.selfie(&selfie)).await;
        let selfie = prepared.value.map_err(SelfieError::Photo)?;
        check_size(&selfie)?;
        let began = Instant::now();
        self.check_faces(&selfie).await?;
        let seen = began.elapsed();
        let began = Instant::now();
        let (answer, faces_searched) =
            futures::join!(self.search(event_id, &selfie), self.faces_kept(event_id));
        let timing = Timing { queue: prepared.queue, embed: prepared.work + seen, search: began.elapsed() };
        let hits = hits(&answer?);
        if hits.len() == HITS_MAX {
            tracing::warn!(%event_id, "a search found as many faces as it may; some photos may be missing");
        }
        let matches = matches_of(&hits, self.settings.bands);
        let faces_searched = faces_searched.unwrap_or_else(|error| {
            tracing::warn!(%error, %event_id, "how many faces were searched is not known");
            hits.len()
        });
        Ok(Found { embedding: None, matches, faces_searched, timing })
    }

    /// Whether the selfie shows one person.
    async fn check_faces(&self, selfie: &Prepared) -> Result<(), FindError> {
        let sent = self.quick.detect_faces().image(image(selfie)).send();
        let answer = self.call(Operation::DetectFaces, sent).await.map_err(find_error)?;
        Ok(check_dominant(answer.face_details(), selfie)?)
    }

    async fn search(
        &self,
        event_id: EventId,
        selfie: &Prepared,
    ) -> Result<SearchFacesByImageOutput, FindError> {
        let sent = self
            .quick
            .search_faces_by_image()
            .collection_id(self.collection(event_id))
            .image(image(selfie))
            .face_match_threshold(percent(Score(self.settings.bands.maybe)))
            .max_faces(4096)
            .send();
        match self.call(Operation::SearchFacesByImage, sent).await {
            Ok(answer) => Ok(answer),
            Err(Trouble::NoCollection) => {
                tracing::info!(%event_id, "an event without a collection was searched");
                Ok(SearchFacesByImageOutput::builder().build())
            }
            Err(other) => Err(find_error(other)),
        }
    }
}

fn image(selfie: &Prepared) -> Image {
    Image::builder().bytes(Blob::new(selfie.jpeg.as_slice())).build()
}

fn check_size(selfie: &Prepared) -> Result<(), SelfieError> {
    if selfie.jpeg.len() > SENT_BYTES_MAX {
        let detail = "its reduced copy is too large to be sent".to_owned();
        return Err(PhotoError::Internal { detail }.into());
    }
    if selfie.width_px.min(selfie.height_px) < SENT_SIDE_PX_LEAST {
        return Err(SelfieError::FaceTooSmall);
    }
    Ok(())
}

/// Whether one face is meant, by the rule of the models of this machine.
fn check_dominant(faces: &[FaceDetail], selfie: &Prepared) -> Result<(), SelfieError> {
    let seen = |face: &FaceDetail| {
        let bounds = bounds(face.bounding_box()?, (selfie.width_px, selfie.height_px));
        Some(FaceSeen { bounds, is_certain: face.confidence().unwrap_or(0.0) >= CONFIDENCE_CERTAIN })
    };
    dominant_face(&faces.iter().filter_map(seen).collect::<Vec<_>>()).map(|_| ())
}

fn find_error(trouble: Trouble) -> FindError {
    match trouble {
        Trouble::NoFace => SelfieError::NoFace.into(),
        Trouble::Picture(detail) => SelfieError::Photo(PhotoError::Damaged { detail }).into(),
        other @ (Trouble::NoCollection | Trouble::AlreadyThere | Trouble::Unavailable(_)) => {
            match other.unexpected() {
                Unavailable { busy: true, .. } => Busy { retry_after_s: RETRY_AFTER_S }.into(),
                unavailable => unavailable.into(),
            }
        }
    }
}

/// The photos of the faces that were found, with their similarities as shares of 1.
fn hits(answer: &SearchFacesByImageOutput) -> Vec<(PhotoId, Score)> {
    let hit = |found: &aws_sdk_rekognition::types::FaceMatch| {
        let photo_id = found.face()?.external_image_id()?.parse::<PhotoId>().ok()?;
        Some((photo_id, Score(found.similarity()? / 100.0)))
    };
    answer.face_matches().iter().filter_map(hit).collect()
}

/// The photos, best first, each with its best face.
fn matches_of(hits: &[(PhotoId, Score)], bands: Thresholds) -> Vec<Match> {
    let mut best = HashMap::<PhotoId, Score>::new();
    for (photo_id, score) in hits {
        let known = best.entry(*photo_id).or_insert(*score);
        known.0 = known.0.max(score.0);
    }
    let one = |(photo_id, score)| Some(Match { photo_id, score, band: bands.band(score)? });
    let mut matches: Vec<Match> = best.into_iter().filter_map(one).collect();
    matches.sort_by(|a, b| b.score.0.total_cmp(&a.score.0).then(a.photo_id.cmp(&b.photo_id)));
    matches
}
