//! The one place where an evaluation asks the engine's search.

use std::collections::BTreeMap;

use domain::{Band, Embedding, FaceId, PhotoId, Score};
use engine::{Engine, FaceHit, Gallery, Person};

/// What a search says of one photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    /// The face that is the person's, or would be first.
    pub(super) face_id: FaceId,
    /// How alike it is to all that the search learns of the person, as cosine similarity.
    pub(super) score: f32,
    /// The band in which the person is shown it; none when they are not.
    pub(super) band: Option<Band>,
}

/// What the search that a visitor gets says of every photo of `gallery` that has a face: those that are shown, and the
/// scores of those that are not, from which curves are made. The latter are compared with the selfie alone, and count
/// as less than whatever is shown.
pub(super) fn answers(engine: &Engine, gallery: &Gallery, query: &Embedding) -> BTreeMap<PhotoId, Answer> {
    let shown = engine.find(gallery, &Person::of(query.clone()));
    let least = shown.iter().map(|hit| hit.score.0).fold(f32::INFINITY, f32::min);
    let mut best: BTreeMap<PhotoId, Answer> = shown
        .into_iter()
        .map(|hit| (hit.photo_id, Answer { face_id: hit.face_id, score: hit.score.0, band: Some(hit.band) }))
        .collect();
    // Best first, so that a photo's first face stays.
    for FaceHit { face_id, photo_id, score, .. } in engine.search(gallery, query, Score(-1.0)) {
        let answer = Answer { face_id, score: score.0.min(least), band: None };
        best.entry(photo_id).or_insert(answer);
    }
    best
}
