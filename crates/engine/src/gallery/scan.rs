//! Exact search: every row is scored, blocks in parallel on the current rayon pool.

use std::cmp::Ordering;

use domain::{Embedding, Score};
use rayon::prelude::*;

use super::kernel::Kernel;
use super::rows::{Block, Lane, Row, to_lanes};
use super::{FaceHit, Gallery};

/// Every face that scores at least `least`, best first.
pub(crate) fn at_least(gallery: &Gallery, query: &Embedding, least: Score, kernel: Kernel) -> Vec<FaceHit> {
    let Some(query) = lanes_of(gallery, query) else { return Vec::new() };
    let blocks = gallery.blocks.par_iter().enumerate();
    let hits = blocks.flat_map_iter(|(number, block)| {
        let mut hits = hits_of(number, block, &query, kernel);
        hits.retain(|hit| hit.score >= least);
        hits
    });
    let mut hits: Vec<FaceHit> = hits.collect();
    hits.sort_unstable_by(best_first);
    hits
}

/// The `count` best faces, best first.
pub(crate) fn nearest(gallery: &Gallery, query: &Embedding, count: usize, kernel: Kernel) -> Vec<FaceHit> {
    let Some(query) = lanes_of(gallery, query) else { return Vec::new() };
    let blocks = gallery.blocks.par_iter().enumerate();
    let kept = blocks.map(|(number, block)| keep_best(hits_of(number, block, &query, kernel), count));
    kept.reduce(Vec::new, |mut left, right| {
        left.extend(right);
        keep_best(left, count)
    })
}

/// The query as lanes; `None` when its dimension is not the gallery's.
fn lanes_of(gallery: &Gallery, query: &Embedding) -> Option<Vec<Lane>> {
    (query.dimension() == gallery.dimension).then(|| to_lanes(query.as_slice()).collect())
}

/// The score of every row of `block`, which is the gallery's block `number`.
fn hits_of(number: usize, block: &Block, query: &[Lane], kernel: Kernel) -> Vec<FaceHit> {
    let mut scores = [0.0; Block::ROWS_MAX];
    let scores = &mut scores[..block.owners().len()];
    kernel.scores(query, block.lanes(), scores);
    let owners = block.owners().iter();
    owners
        .zip(scores)
        .enumerate()
        .map(|(at, (owner, score))| FaceHit {
            face_id: owner.face_id,
            photo_id: owner.photo_id,
            score: Score(*score),
            row: Row { block: number, at },
        })
        .collect()
}

fn keep_best(mut hits: Vec<FaceHit>, count: usize) -> Vec<FaceHit> {
    if hits.len() > count && count > 0 {
        hits.select_nth_unstable_by(count - 1, best_first);
    }
    hits.truncate(count);
    hits.sort_unstable_by(best_first);
    hits
}

/// Higher scores first; equal scores in the order of their ids, so that an answer does not depend on the threads.
fn best_first(a: &FaceHit, b: &FaceHit) -> Ordering {
    b.score.0.total_cmp(&a.score.0).then(a.face_id.cmp(&b.face_id))
}
