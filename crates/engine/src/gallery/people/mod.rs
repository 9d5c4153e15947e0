//! All photos of one person: the search that a visitor gets.
//!
//! One threshold on the likeness to a selfie leaves photos out (a profile, a hat, a blurred back row) which are much
//! more like the person's *other* photos than like the selfie. So the search grows the person's cluster from the
//! selfie and judges with the whole of it:
//!
//! 1. Faces that are like the selfie far beyond doubt become *members* ([`Levels`]).
//! 2. The selfie and its members together make a template, the unit vector along their sum. Template and face are unit
//!    vectors as two faces are, so strangers score against it much as they do against one face, while the person's own
//!    scores grow with every member, because what differs from photo to photo averages out (template pooling, as usual
//!    in set-based verification, e.g. the IJB protocols; "average query expansion" in Chum et al., "Total Recall",
//!    ICCV 2007). The thresholds keep their meaning, and more photos reach them.
//! 3. Once more, at most [`ROUNDS`] times, with the members that the template names.
//!
//! ## What keeps strangers out
//! * A face joins only far above the level at which it is shown, is judged against the template of all *others*, so that
//!   nobody vouches for themselves, and has to be surely the person for the selfie alone as well: members bring photos, never
//!   further members. So there is no chain of look-alikes to walk along, and of a stranger who is alike by chance the
//!   other photos do not join.
//! * A photo shows a person once: only its best face can be a member, and the others are known to be somebody else.
//! * A face that is not alike beyond doubt is looked up in the gallery: when it is clearly more like somebody who is
//!   not this person, it is theirs (`rivals.rs`).
//! * In a crowd the best of many strangers is more alike: levels rise with the size of the gallery ([`Levels`]).
//! * "Not me" makes a counter-example, "this is me too" a member, for this visitor at this event (`taught.rs`). What
//!   only the latter brings is "maybe" at most: nobody gets a stranger's photos as theirs by pointing at one.
//! * What the selfie alone calls sure stays at least "maybe", wherever the members draw the template.
//!
//! ## Why nothing is kept
//! Growing takes a handful of queries at the gallery's speed, the same for every thread count, and each of them sees
//! the gallery as it is now: a photo added or removed counts at once, nothing is to be stored, brought up to date or
//! deleted, and nobody who never searched is ever grouped with anybody.
//!
//! Weighting members by the recogniser's vector length was tried on the sample event and changed one photo of 587 for the
//! worse; the template already averages what blur adds. So faces carry no quality here.

mod levels;
mod rivals;
mod taught;
mod template;

use std::collections::{HashMap, HashSet};

use domain::{Band, Embedding, FaceId, PhotoId, Score, Thresholds};

use super::scan::best_first;
use super::{FaceHit, Gallery};
pub use levels::Levels;
use taught::Taught;
use template::Template;

/// How often the template is made again. The second template differs from the first by few members, the third by
/// hardly any; each is one scan.
pub const ROUNDS: usize = 3;
/// Members at most, the best: more would not change the mean.
pub const MEMBERS_MAX: usize = 64;

/// Scans of the gallery that one search takes at most: the selfie, what was said of photos, the rounds without and with
/// that, who is near, and those in doubt.
pub const QUERIES_MAX: usize = 3 + 2 * ROUNDS + rivals::CHECKED_MAX;

/// Who is looked for, and what they said of the event's photos.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their selfie; several are [`fused`] into one.
    pub selfie: Embedding,
    /// Photos of which they said "this is me too".
    pub mine: Vec<PhotoId>,
    /// Photos of which they said "this is not me".
    pub not_mine: Vec<PhotoId>,
}

impl Person {
    /// Somebody who said nothing yet.
    pub fn of(selfie: Embedding) -> Self {
        Self { selfie, mine: Vec::new(), not_mine: Vec::new() }
    }
}

/// A photo that shows the person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PersonHit {
    /// The photo.
    pub photo_id: PhotoId,
    /// The face in it that is theirs.
    pub face_id: FaceId,
    /// How alike it is to all that is known of the person, without itself.
    pub score: Score,
    /// How alike it is to the selfie alone; `None` below the level of "maybe".
    pub to_selfie: Option<Score>,
    /// What that means.
    pub band: Band,
}

/// The mean of several selfies of one person, as one embedding. `None` when they have no common direction: they
/// are opposites, of different dimensions, or none at all.
pub fn fused(selfies: &[&Embedding]) -> Option<Embedding> {
    let first = selfies.first()?;
    let mut sum = vec![0.0; first.dimension()];
    for selfie in selfies {
        if selfie.dimension() != first.dimension() {
            return None;
        }
        template::add(&mut sum, selfie.as_slice());
    }
    Embedding::normalised(&sum).ok()
}

/// Every photo of the gallery that shows the person, best first, each once.
///
/// `thresholds` are the pack's. Runs on the current rayon pool; [`crate::Engine::find`] runs it on the engine's. At most
/// [`QUERIES_MAX`] queries. The answer depends on nothing but the arguments.
pub fn search(gallery: &Gallery, person: &Person, thresholds: Thresholds) -> Vec<PersonHit> {
    let levels = Levels::of(thresholds, gallery.len());
    let alone = gallery.search(&person.selfie, Score(levels.maybe));
    let taught = Taught::look_up(gallery, person, levels);
    let (mut template, mut hits) = grown(gallery, person, &alone, &taught.without_mine(), levels);
    if !taught.mine.is_empty() {
        let untaught = hits;
        (template, hits) = grown(gallery, person, &alone, &taught, levels);
        doubt_what_is_taught(&mut hits, &untaught, levels);
        add_missing(&mut hits, &untaught);
    }
    let sure = alone.iter().take_while(|hit| hit.score.0 >= levels.sure);
    let sure: Vec<FaceHit> = sure.map(|hit| doubted(*hit, levels)).collect();
    add_missing(&mut hits, &sure);
    hits.sort_unstable_by(best_first);
    let best = best_of_each_photo(&hits);
    let judged = rivals::without_others(gallery, best, &template, &taught, levels);
    let to_selfie: HashMap<FaceId, Score> = alone.iter().map(|hit| (hit.face_id, hit.score)).collect();
    let found = judged.into_iter().map(|(FaceHit { photo_id, face_id, score, .. }, band)| {
        let to_selfie = to_selfie.get(&face_id).copied();
        PersonHit { photo_id, face_id, score, to_selfie, band }
    });
    found.collect()
}

/// The person's template, and every face that may be theirs by it. `alone`: by the selfie alone.
fn grown(
    gallery: &Gallery,
    person: &Person,
    alone: &[FaceHit],
    taught: &Taught,
    levels: Levels,
) -> (Template, Vec<FaceHit>) {
    let named = alone.iter().take_while(|hit| hit.score.0 >= levels.sure);
    let named: HashSet<FaceId> = named.map(|hit| hit.face_id).collect();
    let mut template = Template::new(&person.selfie);
    let mut hits = alone.to_vec();
    for _ in 0..ROUNDS {
        let sure = hits.iter().take_while(|hit| hit.score.0 >= levels.member);
        let sure: Vec<FaceHit> = sure.filter(|hit| named.contains(&hit.face_id)).copied().collect();
        let members = members_of(gallery, &sure, taught);
        if template.has(&members) {
            break;
        }
        template.set_members(members);
        hits = template.search(gallery, Score(levels.maybe));
    }
    (template, hits)
}

/// `hit` as one that is looked up among others, and shown as "maybe" at most.
fn doubted(hit: FaceHit, levels: Levels) -> FaceHit {
    FaceHit { score: Score(hit.score.0.min(levels.sure.next_down())), ..hit }
}

/// Leaves no face surely the person's by the word of the visitor alone, who may have pointed at somebody else.
fn doubt_what_is_taught(hits: &mut [FaceHit], untaught: &[FaceHit], levels: Levels) {
    let sure = untaught.iter().filter(|hit| hit.score.0 >= levels.sure);
    let sure: HashSet<FaceId> = sure.map(|hit| hit.face_id).collect();
    for hit in hits.iter_mut().filter(|hit| !sure.contains(&hit.face_id)) {
        *hit = doubted(*hit, levels);
    }
}

/// Adds those of `others` whose photos are not there: a template that has moved towards some photos must not lose others.
fn add_missing(hits: &mut Vec<FaceHit>, others: &[FaceHit]) {
    let photos: HashSet<PhotoId> = hits.iter().map(|hit| hit.photo_id).collect();
    hits.extend(others.iter().filter(|hit| !photos.contains(&hit.photo_id)));
}

/// The faces that the person named, and the best of each photo of `sure`, which come best first.
fn members_of(gallery: &Gallery, sure: &[FaceHit], taught: &Taught) -> Vec<template::Member> {
    let mut members = taught.mine.clone();
    let mut photos: HashSet<PhotoId> = members.iter().map(|member| member.hit.photo_id).collect();
    for hit in best_of_each_photo(sure) {
        if members.len() >= MEMBERS_MAX {
            break;
        }
        let embedding = gallery.embedding_of(&hit);
        if let Some(embedding) = embedding.filter(|embedding| taught.allows(&hit, embedding))
            && photos.insert(hit.photo_id)
        {
            members.push(template::Member { hit, embedding });
        }
    }
    members
}

/// The first hit of each photo: `hits` come best first.
fn best_of_each_photo(hits: &[FaceHit]) -> Vec<FaceHit> {
    let mut photos = HashSet::new();
    hits.iter().filter(|hit| photos.insert(hit.photo_id)).copied().collect()
}
