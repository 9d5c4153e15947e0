//! Where the time of a batch went, for the log.

use std::time::{Duration, Instant};

use recognizer::{Indexed, Stages};

/// What the steps of reading a batch took.
#[derive(Debug, Default)]
pub(crate) struct Took {
    photos: usize,
    /// Originals out of the store.
    pub(crate) originals: Duration,
    /// Waiting for the engine, and for its answer.
    pub(crate) engine: Duration,
    /// What the engine's threads did in that time, summed over them.
    stages: Stages,
    /// Renditions into the store.
    pub(crate) renditions: Duration,
    /// Faces, photos and the end of the jobs into the database.
    pub(crate) database: Duration,
}

impl Took {
    /// Counts the engine's answer.
    pub(crate) fn count(&mut self, indexed: &[Indexed]) {
        self.photos += indexed.len();
        indexed.iter().flatten().for_each(|read| self.stages += read.photo.stages);
    }

    /// Writes one line into the log, in milliseconds.
    pub(crate) fn log(&self) {
        let Stages { decode, detect, align, embed, render, private_parts } = self.stages;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            photos = self.photos,
            originals = ms(self.originals),
            engine = ms(self.engine),
            decode = ms(decode),
            detect = ms(detect),
            align = ms(align),
            embed = ms(embed),
            render = ms(render),
            private_parts = ms(private_parts),
            renditions = ms(self.renditions),
            database = ms(self.database),
            "a batch was read"
        );
    }
}

/// Awaits `work` and adds what it took to `total`.
pub(crate) async fn timed<T>(total: &mut Duration, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    *total += began.elapsed();
    done
}
