//! Waiting for a fact, with an end.
use std::time::{Duration, Instant};

use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until it is so.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain: {what}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}
