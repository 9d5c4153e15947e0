//! What a visitor said of the event's photos, as faces. It counts for their own searches at this event only.

use std::collections::HashSet;

use domain::PhotoId;

use super::levels::Levels;
use super::template::{Member, dot};
use super::{Person, best_of_each_photo};
use crate::gallery::{FaceHit, Gallery};
use domain::Score;

/// How far below "maybe" a face may lie that is learnt from "this is me too", in steps: a word widens a search to
/// photos that the models find hard, but does not replace the face. Whoever points at somebody who is alike by chance
/// is shown what that face brings as "maybe" at most ([`super::search`]).
const MINE_BELOW_STEPS: f32 = 0.5;
/// Photos that are learnt from at most, of each kind: the most alike.
const PHOTOS_MAX: usize = 32;

/// Faces that the visitor pointed at.
#[derive(Clone, Debug, Default)]
pub(super) struct Taught {
    /// Theirs.
    pub(super) mine: Vec<Member>,
    /// Not theirs, though alike.
    not_mine: Vec<Member>,
    /// The photos of the latter.
    not_mine_photos: HashSet<PhotoId>,
}

impl Taught {
    /// The face of each photo that is most like the selfie.
    pub(super) fn look_up(gallery: &Gallery, person: &Person, levels: Levels) -> Self {
        if person.mine.is_empty() && person.not_mine.is_empty() {
            return Self::default();
        }
        let least = levels.maybe - MINE_BELOW_STEPS * levels.step();
        let hits = best_of_each_photo(&gallery.search(&person.selfie, Score(least)));
        let in_photos = |photos: &[PhotoId]| {
            let photos: HashSet<&PhotoId> = photos.iter().collect();
            let hits = hits.iter().filter(|hit| photos.contains(&hit.photo_id)).take(PHOTOS_MAX);
            hits.filter_map(|hit| Some(Member { hit: *hit, embedding: gallery.embedding_of(hit)? })).collect()
        };
        Self {
            mine: in_photos(&person.mine),
            not_mine: in_photos(&person.not_mine),
            not_mine_photos: person.not_mine.iter().copied().collect(),
        }
    }

    /// The same without the faces that the visitor called theirs.
    pub(super) fn without_mine(&self) -> Self {
        Self { mine: Vec::new(), ..self.clone() }
    }

    /// Whether the face may vouch for others.
    pub(super) fn allows(&self, hit: &FaceHit, embedding: &[f32]) -> bool {
        !self.not_mine_photos.contains(&hit.photo_id) && !self.is_nearer(hit, embedding)
    }

    /// Whether the face is more like one that is not the person's than like the person. The photos of which the visitor
    /// said so themselves stay: they are listed apart.
    pub(super) fn is_nearer(&self, hit: &FaceHit, embedding: &[f32]) -> bool {
        !self.not_mine_photos.contains(&hit.photo_id)
            && !self.mine.iter().any(|member| member.hit.face_id == hit.face_id)
            && self.not_mine.iter().any(|other| dot(&other.embedding, embedding) > hit.score.0)
    }
}
