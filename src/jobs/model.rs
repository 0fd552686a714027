//! What a job is, and what its handler may say about a run.
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use crate::kernel::ids::SubscriberId;

/// A group of kinds with workers of its own, so that a slow one does not hold up the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Somebody waits for it: a reply to a text.
    Interactive,
    /// Outgoing webhooks.
    Delivery,
    /// Calls to providers.
    Provider,
    /// Scores, syncs, exports, schedules.
    Bulk,
}

impl Lane {
    pub const ALL: [Self; 4] = [
        Self::Interactive,
        Self::Delivery,
        Self::Provider,
        Self::Bulk,
    ];

    /// As it stands in the table and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Delivery => "delivery",
            Self::Provider => "provider",
            Self::Bulk => "bulk",
        }
    }

    /// How long a run may be silent before others take its job: the time from a crash to the next run.
    pub const fn lease(self) -> Duration {
        match self {
            Self::Interactive => Duration::from_secs(15),
            _ => Duration::from_secs(60),
        }
    }

    /// How many runs a process has at once. Most of a run is waiting for somebody else; `bulk` works the database.
    ///
    /// A delivery waits up to half a minute for its receiver and asks the database together with the others, so many
    /// may wait: fifty hanging endpoints with five under way each still leave some for the rest.
    pub(super) const fn workers(self) -> usize {
        match self {
            Self::Interactive => 16,
            Self::Delivery => 256,
            Self::Provider => 8,
            Self::Bulk => 4,
        }
    }

    /// How long a lane waits after it was woken, so that one claim serves many commits. Every commit wakes every
    /// lane; only where somebody waits is each millisecond worth a look of its own.
    pub(super) const fn settle(self) -> Duration {
        match self {
            Self::Interactive => Duration::ZERO,
            Self::Delivery => Duration::from_millis(5),
            _ => Duration::from_millis(20),
        }
    }

    /// How many runs of one subscriber a process has at once: a noisy one must leave room for the others. Deliveries have
    /// a few more than go to one endpoint at once, so that those that may not go yet are told when, behind a slow one.
    pub(super) const fn per_subscriber(self) -> usize {
        match self {
            Self::Delivery => 8,
            _ => 5,
        }
    }
}

/// An order: what is to be done, by ids. Its handler reads the present, does one thing, and may run twice.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// `<domain>.<order>`, such as `scheduling.send_confirmation`.
    const KIND: &'static str;
    const LANE: Lane;
    /// Runs that crash count; runs that were put off do not. With 10 the last one is some 40 minutes after the first.
    const MAX_ATTEMPTS: u32 = 10;
    /// A run that takes longer is cut off and counts as failed. Ten minutes at most.
    const DEADLINE: Duration = Duration::from_secs(60);
    /// The provider that this job calls: when it fails again and again, its jobs wait together.
    const PROVIDER: Option<&'static str> = None;

    /// Whose job it is. Few of one subscriber run at once in a lane of a process.
    fn subscriber(&self) -> Option<SubscriberId>;

    /// While a job with this key waits or runs, another one is not made. Where a change during the run must cause
    /// another run, put the version into the key.
    fn dedupe_key(&self) -> Option<String> {
        None
    }
}

/// Why a run ended without its job being done.
///
/// Every error turns into [`JobError::Retry`] with `?`; the others are said on purpose.
#[derive(Debug)]
pub enum JobError {
    /// It may work later.
    Retry(anyhow::Error),
    /// It may work later, but not before this: what a provider asked for with `Retry-After`.
    RetryAfter(anyhow::Error, Duration),
    /// It will never work.
    Fail(anyhow::Error),
    /// Not now, through no fault of the job: put off without using up an attempt.
    Snooze(Duration),
}

impl<E: Into<anyhow::Error>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}
