//! Embeddings in memory, laid out for SIMD.

use domain::{FaceId, PhotoId};

/// Eight numbers at an address that 256-bit loads like.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Lane(pub(crate) [f32; Lane::WIDTH]);

impl Lane {
    /// Numbers per lane.
    pub(crate) const WIDTH: usize = 8;
    const ZERO: Self = Self([0.0; Self::WIDTH]);
}

/// How many lanes hold `dimension` numbers.
pub(crate) fn lanes_per_row(dimension: usize) -> usize {
    dimension.div_ceil(Lane::WIDTH)
}

/// `numbers` as lanes; the last one is filled up with zeros, which add nothing to a dot product.
pub(crate) fn to_lanes(numbers: &[f32]) -> impl Iterator<Item = Lane> {
    numbers.chunks(Lane::WIDTH).map(|chunk| {
        let mut lane = Lane::ZERO;
        lane.0[..chunk.len()].copy_from_slice(chunk);
        lane
    })
}

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

/// Up to [`Block::ROWS_MAX`] embeddings in one piece of memory. Blocks bound the cost of copying on write and are the
/// unit of parallel work.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    lanes_per_row: usize,
    lanes: Vec<Lane>,
    owners: Vec<Owner>,
}

impl Block {
    /// 1,024 rows of 512 numbers are 2 MiB, a millisecond's tenth of work.
    pub(crate) const ROWS_MAX: usize = 1024;

    pub(crate) fn new(dimension: usize) -> Self {
        Self { lanes_per_row: lanes_per_row(dimension), lanes: Vec::new(), owners: Vec::new() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.owners.len() >= Self::ROWS_MAX
    }

    pub(crate) fn push(&mut self, owner: Owner, numbers: &[f32]) {
        self.lanes.extend(to_lanes(numbers));
        self.owners.push(owner);
    }

    /// Removes row `row`; the last one takes its place.
    pub(crate) fn swap_remove(&mut self, row: usize) {
        let last = self.owners.len() - 1;
        let width = self.lanes_per_row;
        self.lanes.copy_within(last * width..(last + 1) * width, row * width);
        self.lanes.truncate(last * width);
        self.owners.swap_remove(row);
    }

    pub(crate) fn owners(&self) -> &[Owner] {
        &self.owners
    }

    pub(crate) fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The numbers of row `at`, then the zeros that fill its last lane up.
    pub(crate) fn numbers(&self, at: usize) -> impl Iterator<Item = f32> {
        self.lanes[at * self.lanes_per_row..][..self.lanes_per_row].iter().flat_map(|lane| lane.0)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.lanes.capacity() * size_of::<Lane>() + self.owners.capacity() * size_of::<Owner>()
    }
}
