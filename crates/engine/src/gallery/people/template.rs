//! A person as one vector: the selfie and the faces that are the person's.

use std::collections::HashSet;

use domain::{Embedding, FaceId, PhotoId, Score};

use crate::gallery::scan::best_first;
use crate::gallery::{FaceHit, Gallery};

/// A face that vouches for others.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) hit: FaceHit,
    /// A unit vector.
    pub(super) embedding: Vec<f32>,
}

/// The selfie and the members, all of equal weight.
#[derive(Clone, Debug)]
pub(super) struct Template {
    selfie: Vec<f32>,
    members: Vec<Member>,
    sum: Vec<f32>,
}

impl Template {
    pub(super) fn new(selfie: &Embedding) -> Self {
        let selfie = selfie.as_slice().to_vec();
        Self { sum: selfie.clone(), selfie, members: Vec::new() }
    }

    pub(super) fn set_members(&mut self, members: Vec<Member>) {
        self.sum.clone_from(&self.selfie);
        for member in &members {
            add(&mut self.sum, &member.embedding);
        }
        self.members = members;
    }

    /// Whether these are the members already.
    pub(super) fn has(&self, members: &[Member]) -> bool {
        let ids =
            |members: &[Member]| members.iter().map(|member| member.hit.face_id).collect::<HashSet<FaceId>>();
        ids(&self.members) == ids(members)
    }

    pub(super) fn is_member(&self, face_id: FaceId) -> bool {
        self.members.iter().any(|member| member.hit.face_id == face_id)
    }

    pub(super) fn photos(&self) -> HashSet<PhotoId> {
        self.members.iter().map(|member| member.hit.photo_id).collect()
    }

    /// Every face that scores at least `least`, best first; members against the template without themselves.
    pub(super) fn search(&self, gallery: &Gallery, least: Score) -> Vec<FaceHit> {
        let Ok(direction) = Embedding::normalised(&self.sum) else { return Vec::new() };
        let mut hits = gallery.search(&direction, least);
        for hit in &mut hits {
            if let Some(member) = self.members.iter().find(|member| member.hit.face_id == hit.face_id) {
                hit.score = self.score_without(member);
            }
        }
        hits.retain(|hit| hit.score >= least);
        hits.sort_unstable_by(best_first);
        hits
    }

    fn score_without(&self, member: &Member) -> Score {
        let others: Vec<f32> = self.sum.iter().zip(&member.embedding).map(|(all, own)| all - own).collect();
        match (Embedding::normalised(&others), Embedding::normalised(&member.embedding)) {
            (Ok(others), Ok(own)) => others.cosine(&own),
            // The others point nowhere: nobody vouches for this face.
            (Err(_), _) | (_, Err(_)) => Score(-1.0),
        }
    }
}

/// Adds `numbers` to `sum`.
pub(super) fn add(sum: &mut [f32], numbers: &[f32]) {
    for (sum, number) in sum.iter_mut().zip(numbers) {
        *sum += number;
    }
}

/// The dot product of two unit vectors: their cosine.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
