//! How long to wait: before the next attempt, and between two looks at the queue.
use std::time::Duration;

use uuid::Uuid;

const FIRST_DELAY: Duration = Duration::from_secs(5);
/// An outage of a provider over night must not cost the morning.
const LONGEST_DELAY: Duration = Duration::from_secs(6 * 60 * 60);

/// The delay after the failed attempt with this number (the first is 1): `min(6 h, 5 s · 2^(attempt - 1)) ± 20 %`,
/// so 5 s, 10 s, 20 s, and from the fourteenth on 6 hours. `spread` says where in the ± 20 % it falls, from -1 to 1:
/// jobs that failed together must not come back together.
///
/// A provider that asked for more time gets it, up to the same six hours, and never less than it asked for.
pub(super) fn retry_delay(attempt: u32, asked: Option<Duration>, spread: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let delay = FIRST_DELAY
        .saturating_mul(1 << doublings)
        .min(LONGEST_DELAY);
    let asked = asked.unwrap_or_default().min(LONGEST_DELAY);
    spread_out(delay, spread).max(asked)
}

/// The duration ± 20 %.
pub(super) fn spread_out(duration: Duration, spread: f64) -> Duration {
    duration.mul_f64(1.0 + 0.2 * spread.clamp(-1.0, 1.0))
}

/// A random place from -1 to 1. The random bits of an id are enough for this.
pub(super) fn random_spread() -> f64 {
    let bits = Uuid::new_v4().as_u128() as u32;
    f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_six_hours() {
        let delays: Vec<u64> = [1, 2, 3, 13, 14, 1_000]
            .map(|attempt| retry_delay(attempt, None, 0.0).as_secs())
            .into();
        assert_eq!(delays, [5, 10, 20, 20_480, 21_600, 21_600]);
    }

    #[test]
    fn jobs_that_failed_together_come_back_apart() {
        assert_eq!(retry_delay(1, None, -1.0), Duration::from_secs(4));
        assert_eq!(retry_delay(1, None, 1.0), Duration::from_secs(6));
        let spreads: Vec<f64> = (0..100).map(|_| random_spread()).collect();
        assert!(spreads.iter().all(|spread| (-1.0..=1.0).contains(spread)));
        assert!(spreads.iter().any(|spread| *spread < -0.5));
        assert!(spreads.iter().any(|spread| *spread > 0.5));
    }

    #[test]
    fn a_provider_gets_the_time_it_asked_for() {
        let minute = Duration::from_secs(60);
        assert_eq!(retry_delay(1, Some(minute), -1.0), minute);
        // What was asked for is a lower bound: later attempts wait longer by themselves.
        assert_eq!(retry_delay(6, Some(minute), 0.0).as_secs(), 160);
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        assert_eq!(retry_delay(1, Some(year), 0.0), LONGEST_DELAY);
    }
}
