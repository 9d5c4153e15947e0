//! The clock and the randomness of this machine.

use domain::{Clock, Entropy};

#[expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]
pub(crate) fn clock() -> Clock {
    Clock::new(time::OffsetDateTime::now_utc)
}

pub(crate) fn entropy() -> Entropy {
    Entropy::new(|buffer| getrandom::fill(buffer).expect("the operating system has randomness"))
}
