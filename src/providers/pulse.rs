//! Whether a provider answers, as far as this process has seen. Shown, never decided by.
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::exchange::{Answer, Failure};

/// What the last calls of one client came to.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    last_ok: Option<Instant>,
    trouble: Option<&'static str>,
}

impl Pulse {
    /// How long ago the provider last did what it was asked.
    pub fn last_ok(&self) -> Option<Duration> {
        self.seen(|seen| seen.last_ok.map(|at| at.elapsed()))
    }

    /// What is wrong, when the latest call went wrong by no fault of what was asked.
    pub fn trouble(&self) -> Option<&'static str> {
        self.seen(|seen| seen.trouble)
    }

    /// A refusal of what we asked is an answer; a refused key, a fault or silence is trouble. Too much at once says
    /// nothing either way.
    pub(super) fn note(&self, outcome: &Result<Answer, Failure>) {
        let status = outcome.as_ref().map(|answer| answer.status.as_u16());
        self.seen(|seen| match status {
            Ok(429) => {}
            Ok(401 | 403) => seen.trouble = Some("refuses our key"),
            Ok(500..) => seen.trouble = Some("answers with errors"),
            Ok(_) => {
                *seen = Seen {
                    last_ok: Some(Instant::now()),
                    trouble: None,
                }
            }
            Err(Failure::NotSent(_)) => seen.trouble = Some("cannot be reached"),
            Err(Failure::NoAnswer(how)) => seen.trouble = Some(how),
        });
    }

    /// The same for a client that knows more than the status tells: what the trouble is, if it is one.
    pub(super) fn set(&self, trouble: Option<&'static str>) {
        self.seen(|seen| match trouble {
            Some(_) => seen.trouble = trouble,
            None => {
                *seen = Seen {
                    last_ok: Some(Instant::now()),
                    trouble: None,
                }
            }
        });
    }

    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
