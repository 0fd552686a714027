//! The one place where time comes from.
use std::{
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration as StdDuration, Instant},
};

use chrono::{DateTime, Duration, Utc};

/// The time of day. Tests hold a fixed one and move it.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the place the others are sent to"
            )]
            Self::System => Utc::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// What jobs, leases and buckets pass as `$now`: null in production, so that the database's clock
    /// decides and the clocks of replicas do not matter; the fixed time in tests.
    pub fn for_database(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::System => None,
            Self::Fixed(_) => Some(self.now()),
        }
    }

    /// What only ever grows, for limits within the process: the time since some moment of the past.
    pub fn monotonic(&self) -> StdDuration {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => BEGINNING.elapsed(),
            Self::Fixed(_) => {
                let since = self.now() - DateTime::UNIX_EPOCH;
                since.to_std().unwrap_or_default()
            }
        }
    }

    /// Moves a fixed clock.
    ///
    /// # Panics
    /// The system's clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        let Self::Fixed(at) = self else {
            panic!("only a fixed clock can be moved");
        };
        *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}
