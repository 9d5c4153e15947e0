//! The searchable set of an event's faces, and the exact search over it.
//!
//! Every face is compared with every query: "all my photos" has no fixed count, and approximate indexes lose most of
//! a long answer (an HNSW graph over 200,000 faces found 37–59 % of the hundred nearest). The scan reads an eighth of
//! each face's numbers and only drops what provably cannot reach the threshold ([`codes`]); the rest is scored in double
//! precision, so that an answer is exactly the one that comparing all numbers in double precision gives.
//!
//! Faces are added and removed in place. A face of 512 numbers takes 2,604 bytes: 2,048 for its numbers, 512 for two planes
//! of codes, 12 for their scale and bounds, and 32 for whose it is.

mod codes;
pub(crate) mod kernel;
pub mod people;
mod rows;
mod scan;

use std::sync::Arc;

use domain::{Embedding, FaceId, PhotoId, Score};

use kernel::Kernel;
use rows::{Block, Owner, Row};

/// The faces of one event, in memory. A clone shares the blocks, so a snapshot to search in is cheap.
#[derive(Clone, Debug)]
pub struct Gallery {
    dimension: usize,
    blocks: Vec<Arc<Block>>,
    len: usize,
}

/// One face of a gallery that answers a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceHit {
    /// The face.
    pub face_id: FaceId,
    /// The photo it is in.
    pub photo_id: PhotoId,
    /// How alike it is to the query.
    pub score: Score,
    /// Its row in the gallery that was searched.
    pub(crate) row: Row,
}

/// An embedding of another length than the gallery's: it comes from another model pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedding has {found} numbers, the gallery's have {expected}; it comes from another model pack")]
pub struct WrongDimension {
    /// What the gallery holds.
    pub expected: usize,
    /// What was given.
    pub found: usize,
}

impl Gallery {
    /// An empty gallery for embeddings of `dimension` numbers.
    ///
    /// # Panics
    /// When there are more than 32,768, whose products do not fit into the scan's integers.
    pub fn new(dimension: usize) -> Self {
        assert!(dimension <= codes::DIMENSION_MAX, "{dimension} numbers are more than a scan can add up");
        Self { dimension, blocks: Vec::new(), len: 0 }
    }

    /// How many numbers its embeddings have.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many faces it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory its blocks take.
    pub fn memory_bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.memory_bytes()).sum()
    }

    /// Adds one face.
    ///
    /// # Errors
    /// When the embedding has another dimension.
    pub fn append(
        &mut self,
        face_id: FaceId,
        photo_id: PhotoId,
        embedding: &Embedding,
    ) -> Result<(), WrongDimension> {
        if embedding.dimension() != self.dimension {
            return Err(WrongDimension { expected: self.dimension, found: embedding.dimension() });
        }
        if self.blocks.last().is_none_or(|block| block.is_full()) {
            self.blocks.push(Arc::new(Block::new(self.dimension)));
        }
        if let Some(block) = self.blocks.last_mut() {
            Arc::make_mut(block).push(Owner { face_id, photo_id }, embedding.as_slice());
            self.len += 1;
        }
        Ok(())
    }

    /// Removes every face of a photo and says how many there were.
    pub fn remove_photo(&mut self, photo_id: PhotoId) -> usize {
        self.remove_where(|owner| owner.photo_id == photo_id)
    }

    /// Removes one face and says whether it was there.
    pub fn remove_face(&mut self, face_id: FaceId) -> bool {
        self.remove_where(|owner| owner.face_id == face_id) > 0
    }

    /// Every face that scores at least `least`, best first. A query of another dimension comes from another model pack
    /// and matches nobody.
    ///
    /// Runs on the current rayon pool; [`crate::Engine::search`] runs it on the engine's.
    pub fn search(&self, query: &Embedding, least: Score) -> Vec<FaceHit> {
        scan::at_least(self, &[query], least, Kernel::fastest()).pop().unwrap_or_default()
    }

    /// The `count` best faces, best first; otherwise as [`Self::search`].
    pub fn nearest(&self, query: &Embedding, count: usize) -> Vec<FaceHit> {
        scan::nearest(self, query, count, Kernel::fastest())
    }

    /// [`Self::search`] for several queries: the answers in their order. Eight queries at a time share one reading of
    /// the faces, so that each takes a fraction of the time it takes alone.
    pub fn search_many(&self, queries: &[&Embedding], least: Score) -> Vec<Vec<FaceHit>> {
        scan::at_least(self, queries, least, Kernel::fastest())
    }

    /// The embedding behind a hit of this very gallery: a unit vector of [`Self::dimension`] numbers. `None` when
    /// the hit is older than a removal and its row is gone.
    pub fn embedding_of(&self, hit: &FaceHit) -> Option<Vec<f32>> {
        let block = self.blocks.get(hit.row.block)?;
        let owner = block.owners().get(hit.row.at)?;
        (owner.face_id == hit.face_id).then(|| block.numbers(hit.row.at).to_vec())
    }

    fn remove_where(&mut self, matches: impl Fn(&Owner) -> bool) -> usize {
        let mut removed = 0;
        for block in &mut self.blocks {
            while let Some(row) = block.owners().iter().position(&matches) {
                Arc::make_mut(block).swap_remove(row);
                removed += 1;
            }
        }
        self.blocks.retain(|block| !block.owners().is_empty());
        self.len -= removed;
        removed
    }
}
