//! "Is this person the best explanation of the face?"

use std::collections::HashSet;

use domain::{Band, Embedding, FaceId, PhotoId, Score};

use super::levels::Levels;
use super::taught::Taught;
use super::template::Template;
use crate::gallery::kernel::QUERIES;
use crate::gallery::{FaceHit, Gallery};

/// Faces that are looked up at most, the best first. Where more are in doubt, the rest are shown as "maybe" at most.
pub(super) const CHECKED_MAX: usize = 64;
/// How much more like somebody else a face has to be, in steps: photos taken in one second are more alike than two of one
/// person mostly are.
const MARGIN_STEPS: f32 = 1.0;

/// The hits of `best` with their bands, without those that are rather somebody else.
///
/// `best`: the best face of each photo. A face above [`Levels::member`] is not looked up. Who counts as somebody else:
/// whoever stays a step below "maybe" (a face just below it may well be the person, as their next frame), whoever stands
/// beside a member in one photo, and whom the person called "not me".
pub(super) fn without_others(
    gallery: &Gallery,
    best: Vec<FaceHit>,
    template: &Template,
    taught: &Taught,
    levels: Levels,
) -> Vec<(FaceHit, Band)> {
    let doubtful: Vec<(FaceHit, Embedding)> = best
        .iter()
        .filter(|hit| hit.score.0 < levels.member)
        .take(CHECKED_MAX)
        .filter_map(|hit| Some((*hit, Embedding::normalised(&gallery.embedding_of(hit)?).ok()?)))
        .collect();
    let rejected = if doubtful.is_empty() {
        HashSet::new()
    } else {
        let near = template.search(gallery, Score(levels.maybe - levels.step()));
        let may_be = near.iter().chain(&best).map(|hit| hit.face_id).collect();
        let others = Others { may_be, beside: template.photos(), template };
        others.whose(gallery, &doubtful, levels.step() * MARGIN_STEPS)
    };
    let checked: HashSet<FaceId> = doubtful.iter().map(|(hit, _)| hit.face_id).collect();
    let judged = best.into_iter().filter_map(|hit| {
        let embedding = gallery.embedding_of(&hit)?;
        let is_theirs = rejected.contains(&hit.face_id) || taught.is_nearer(&hit, &embedding);
        if is_theirs {
            return None;
        }
        let unchecked = hit.score.0 < levels.member && !checked.contains(&hit.face_id);
        let band = levels.band(hit.score)?;
        Some((hit, if unchecked { Band::Maybe } else { band }))
    });
    judged.collect()
}

/// Who is somebody else.
struct Others<'a> {
    /// Faces that may be the person.
    may_be: HashSet<FaceId>,
    /// Photos of members: every other face there is somebody else's.
    beside: HashSet<PhotoId>,
    template: &'a Template,
}

impl Others<'_> {
    /// Those of `doubtful` that are more like somebody else, by `margin`.
    fn whose(&self, gallery: &Gallery, doubtful: &[(FaceHit, Embedding)], margin: f32) -> HashSet<FaceId> {
        let lowest = doubtful.iter().map(|(hit, _)| hit.score.0).fold(f32::INFINITY, f32::min);
        let has_rival = |face: &FaceHit, near: &[FaceHit]| {
            let near = near.iter().take_while(|other| other.score.0 > face.score.0 + margin);
            near.filter(|other| other.photo_id != face.photo_id).any(|other| self.contains(other))
        };
        // As many as share one reading of the gallery, and no more: where an event has a hundred thousand pictures of one
        // poster, each answer is long.
        let theirs = doubtful.chunks(QUERIES).flat_map(|few| {
            let queries: Vec<&Embedding> = few.iter().map(|(_, embedding)| embedding).collect();
            let answers = gallery.search_many(&queries, Score(lowest + margin));
            let pairs = few.iter().zip(answers);
            let theirs = pairs.filter(|((face, _), near)| has_rival(face, near));
            theirs.map(|((face, _), _)| face.face_id).collect::<Vec<_>>()
        });
        theirs.collect()
    }

    fn contains(&self, face: &FaceHit) -> bool {
        let beside_a_member = self.beside.contains(&face.photo_id) && !self.template.is_member(face.face_id);
        beside_a_member || !self.may_be.contains(&face.face_id)
    }
}
