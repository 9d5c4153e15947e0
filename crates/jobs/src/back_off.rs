//! When a failed job is tried again.

/// After so many tries a job is set aside for a person to look at.
pub const ATTEMPTS_MAX: i32 = 10;
/// From this try on, a photo is read alone.
pub(crate) const ALONE_FROM_ATTEMPT: i32 = 4;
/// Seconds until a job whose models this process lacks is offered again, to whichever process asks first.
pub(crate) const WITHOUT_MODELS_SECONDS: i32 = 15;
/// When to look again whether the photo store is back.
pub(crate) const STORE_AWAY_SECONDS: i32 = 5;

/// Seconds to wait after the `attempts`-th try: 1, 2, 4, … at most five minutes.
pub(crate) fn delay_seconds(attempts: i32) -> i32 {
    let doublings = attempts.saturating_sub(1).clamp(0, 16);
    (1 << doublings).min(300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<i32> = [-1, 0, 1, 2, 3, 9, 10, 1000].map(delay_seconds).to_vec();
        assert_eq!(waits, [1, 1, 1, 2, 4, 256, 300, 300]);
    }
}
