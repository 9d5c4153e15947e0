//! The one place where an evaluation asks the engine's search.

use std::collections::BTreeMap;

use domain::{Band, Embedding, FaceId, PhotoId, Score};
use engine::{Engine, FaceHit, Gallery};

/// What a search says of one photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    /// Its face that is most like the query.
    pub(super) face_id: FaceId,
    /// How alike, as cosine similarity.
    pub(super) score: f32,
    /// The band in which the person is shown it; none when they are not.
    pub(super) band: Option<Band>,
}

/// What a search for `query` says of every photo of `gallery` that has a face: those that are shown, and the scores of
/// those that are not, from which curves are made.
pub(super) fn answers(engine: &Engine, gallery: &Gallery, query: &Embedding) -> BTreeMap<PhotoId, Answer> {
    let thresholds = engine.thresholds();
    let mut best = BTreeMap::new();
    // Best first, so that a photo's first face stays.
    for FaceHit { face_id, photo_id, score, .. } in engine.search(gallery, query, Score(-1.0)) {
        let answer = Answer { face_id, score: score.0, band: thresholds.band(score) };
        best.entry(photo_id).or_insert(answer);
    }
    best
}
