//! A lane: a bounded queue in front of a bounded number of workers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The lane is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many are waiting; try again in {retry_after_s} s")]
pub struct Busy {
    /// When it makes sense to come back.
    pub retry_after_s: u32,
}

/// A bounded queue in front of `workers` threads.
#[derive(Debug)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

/// A place in a lane, until dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    _place: OwnedSemaphorePermit,
    workers: Arc<Semaphore>,
}

/// What came of a piece of work, and how long it waited and took.
#[derive(Debug)]
pub(crate) struct Done<T> {
    pub(crate) value: T,
    pub(crate) queue: Duration,
    pub(crate) work: Duration,
}

impl Lane {
    /// A lane in which `workers` work at once and `waiting` more may wait.
    pub(crate) fn new(workers: usize, waiting: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(workers + waiting)),
            workers: Arc::new(Semaphore::new(workers)),
        }
    }

    /// A place, if one is free.
    pub(crate) fn admit(&self) -> Result<Ticket, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy { retry_after_s: 2 })?;
        Ok(Ticket { _place: place, workers: Arc::clone(&self.workers) })
    }

    /// A place, as soon as one is free: for work that nobody waits for.
    pub(crate) async fn wait_for_place(&self) -> Ticket {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("a lane is never closed");
        Ticket { _place: place, workers: Arc::clone(&self.workers) }
    }
}

impl Ticket {
    /// Runs `work` on a thread where it may block, when its turn comes. If the caller goes away the work still ends
    /// before another takes its turn.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Done<T> {
        let asked = Instant::now();
        let worker = Arc::clone(&self.workers).acquire_owned().await.expect("a lane is never closed");
        let began = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "this is the bounded place for it")]
        let task = tokio::task::spawn_blocking(move || {
            let value = work();
            drop(worker);
            value
        });
        let value = match task.await {
            Ok(value) => value,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        };
        Done { value, queue: began - asked, work: began.elapsed() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_to_a_full_lane_is_told_to_come_back() {
        let lane = Lane::new(1, 1);
        let first = lane.admit().unwrap();
        let second = lane.admit().unwrap();
        assert_eq!(lane.admit().unwrap_err(), Busy { retry_after_s: 2 });
        drop(second);
        assert!(lane.admit().is_ok(), "a freed place can be taken");
        drop(first);
    }

    #[tokio::test]
    async fn only_as_many_work_at_once_as_there_are_workers() {
        let lane = Lane::new(2, 10);
        let working = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let tasks = (0..10).map(|_| {
            let (ticket, working) = (lane.admit().unwrap(), Arc::clone(&working));
            async move {
                let done = ticket
                    .run(move || {
                        let now = working.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                        std::thread::sleep(Duration::from_millis(5));
                        working.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        now
                    })
                    .await;
                done.value
            }
        });
        let at_once = futures::future::join_all(tasks).await;
        assert!(at_once.iter().all(|n| (1..=2).contains(n)), "{at_once:?}");
    }
}
