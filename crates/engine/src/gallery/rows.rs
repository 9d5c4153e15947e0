//! Embeddings in memory.

use domain::{FaceId, PhotoId};

use super::codes::Codes;

/// Whose a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) face_id: FaceId,
    pub(crate) photo_id: PhotoId,
}

/// Where a face's numbers lie: the block, and the row in it. Removals move rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) block: usize,
    pub(crate) at: usize,
}

/// Up to [`Block::ROWS_MAX`] embeddings: their numbers, which have the last word, and their codes, which most rows are
/// judged by. Blocks bound the cost of copying on write and are the unit of parallel work.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    dimension: usize,
    numbers: Vec<f32>,
    codes: Codes,
    owners: Vec<Owner>,
}

impl Block {
    /// 1,024 rows of 512 numbers are 2.5 MiB, of which a search reads 0.25 MiB in some 15 µs.
    pub(crate) const ROWS_MAX: usize = 1024;

    pub(crate) fn new(dimension: usize) -> Self {
        Self { dimension, numbers: Vec::new(), codes: Codes::new(dimension), owners: Vec::new() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.owners.len() >= Self::ROWS_MAX
    }

    pub(crate) fn push(&mut self, owner: Owner, numbers: &[f32]) {
        self.numbers.extend_from_slice(numbers);
        self.codes.push(numbers);
        self.owners.push(owner);
    }

    /// Removes row `row`; the last one takes its place.
    pub(crate) fn swap_remove(&mut self, row: usize) {
        let last = self.owners.len() - 1;
        let width = self.dimension;
        self.numbers.copy_within(last * width..(last + 1) * width, row * width);
        self.numbers.truncate(last * width);
        self.codes.swap_remove(row);
        self.owners.swap_remove(row);
    }

    pub(crate) fn owners(&self) -> &[Owner] {
        &self.owners
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The numbers of row `at`.
    pub(crate) fn numbers(&self, at: usize) -> &[f32] {
        &self.numbers[at * self.dimension..][..self.dimension]
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.numbers.capacity() * size_of::<f32>()
            + self.codes.memory_bytes()
            + self.owners.capacity() * size_of::<Owner>()
    }
}
