//! Where the time of indexing goes.

use std::time::{Duration, Instant};

/// What each stage took of a thread's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Bytes to pixels.
    pub decode: Duration,
    /// Pixels to boxes and landmarks.
    pub detect: Duration,
    /// Faces cut out and turned upright.
    pub align: Duration,
    /// Faces to embeddings.
    pub embed: Duration,
    /// Pixels to preview and thumb.
    pub render: Duration,
    /// Finding what is private in the file.
    pub private_parts: Duration,
}

impl std::ops::AddAssign for Stages {
    fn add_assign(&mut self, other: Self) {
        self.decode += other.decode;
        self.detect += other.detect;
        self.align += other.align;
        self.embed += other.embed;
        self.render += other.render;
        self.private_parts += other.private_parts;
    }
}

/// Does `work` and adds what it took to `total`.
pub(crate) fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    *total += began.elapsed();
    done
}
