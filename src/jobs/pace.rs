//! Giving way: what visits everybody leaves the database to those who wait for an answer.
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How many times as long as it worked such a job rests: it takes a quarter of what it could have. When the database
/// is slow, because many call, a piece takes longer and so does its rest.
const REST: u32 = 3;
const LONGEST: Duration = Duration::from_secs(1);

/// The pace of a job that does its work in many small pieces.
#[derive(Debug)]
pub struct Pace {
    since: Instant,
}

impl Pace {
    pub fn start() -> Self {
        Self {
            since: Instant::now(),
        }
    }

    /// To be called after each piece.
    pub async fn rest(&mut self) {
        sleep(rest_after(self.since.elapsed())).await;
        *self = Self::start();
    }
}

fn rest_after(worked: Duration) -> Duration {
    LONGEST.min(worked * REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_work_is_followed_by_three_times_its_rest_but_a_second_at_most() {
        for (worked_ms, rest_ms) in [(0, 0), (5, 15), (100, 300), (4_000, 1_000)] {
            let rest = rest_after(Duration::from_millis(worked_ms));
            assert_eq!(rest, Duration::from_millis(rest_ms));
        }
    }
}
