//! How long to wait before the next try, and when to give up.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use domain::Entropy;

use super::board::Board;
use super::trouble::Trouble;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why the whole upload ends before it is done.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Stop {
    /// Nothing arrived for too long.
    #[error("nothing arrived for {}: {reason}", humantime::format_duration(*.after))]
    GaveUp {
        /// The setting.
        after: Duration,
        /// The last trouble.
        reason: String,
    },
    /// Nobody is logged in any more.
    #[error("the log-in has ended")]
    LoggedOut,
}

/// Shared by all that talks to the server: while anything arrives, all go on.
pub(super) struct Patience {
    give_up_after: Duration,
    entropy: Entropy,
    /// When the first failure since the last progress was.
    failing_since: Mutex<Option<Instant>>,
}

impl Patience {
    pub(super) fn new(give_up_after: Duration, entropy: Entropy) -> Self {
        Self { give_up_after, entropy, failing_since: Mutex::new(None) }
    }

    /// Something that counts has arrived.
    pub(super) fn progressed(&self, board: &Board) {
        *self.failing_since.lock().expect("no panic holds it") = None;
        board.update(|figures| figures.away = None);
    }

    /// Waits after the `tries`-th trouble in a row, counted from 0.
    pub(super) async fn pause(&self, tries: u32, trouble: &Trouble, board: &Board) -> Result<(), Stop> {
        let asked = match trouble {
            Trouble::LoggedOut => return Err(Stop::LoggedOut),
            Trouble::Renewed if tries == 0 => return Ok(()),
            Trouble::Renewed | Trouble::Refused(_) => None,
            Trouble::Passing { wait, .. } => *wait,
        };
        let since = *self.failing_since.lock().expect("no panic holds it").get_or_insert_with(Instant::now);
        let left = self.give_up_after.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Err(Stop::GaveUp { after: self.give_up_after, reason: trouble.to_string() });
        }
        let wait = wait(tries, asked, u16::from_le_bytes(self.entropy.bytes()));
        board.update(|figures| figures.away = Some(format!("{trouble}; trying again")));
        // A wait that the server asked for is kept in full; another one is not longer than what is left.
        tokio::time::sleep(if asked.is_some() { wait } else { wait.min(left) }).await;
        Ok(())
    }
}

/// Doubles from half a second to half a minute; up to half of it is left to chance, so that not all come back at once.
/// What the server asked for is kept, and lengthened by up to a tenth.
fn wait(tries: u32, asked: Option<Duration>, chance: u16) -> Duration {
    let chance = f64::from(chance) / f64::from(u16::MAX);
    if let Some(asked) = asked {
        return asked.mul_f64(1.0 + chance / 10.0);
    }
    let doubled = FIRST_WAIT.saturating_mul(1 << tries.min(16)).min(LONGEST_WAIT);
    doubled.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let longest: Vec<u128> =
            [0, 1, 2, 6, 30].map(|tries| wait(tries, None, u16::MAX).as_millis()).to_vec();
        assert_eq!(longest, [500, 1_000, 2_000, 30_000, 30_000]);
        assert_eq!(wait(1, None, 0), Duration::from_millis(500), "never less than half of it");
    }

    #[test]
    fn what_the_server_asks_for_is_kept() {
        let asked = Some(Duration::from_secs(7));
        assert_eq!(wait(9, asked, 0), Duration::from_secs(7));
        assert!(wait(9, asked, u16::MAX) <= Duration::from_millis(7_700));
    }

    #[tokio::test]
    async fn patience_ends_only_when_nothing_arrives() {
        let board = Board::new();
        let patience = Patience::new(Duration::from_millis(0), Entropy::fixed(1));
        let cut = Trouble::passing("cut");
        assert!(matches!(patience.pause(0, &cut, &board).await, Err(Stop::GaveUp { .. })));
        let patience = Patience::new(Duration::from_mins(1), Entropy::fixed(1));
        assert!(patience.pause(0, &cut, &board).await.is_ok());
        assert!(patience.failing_since.lock().unwrap().is_some());
        patience.progressed(&board);
        assert!(patience.failing_since.lock().unwrap().is_none());
    }
}
