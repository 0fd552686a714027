//! What can go wrong when we ask something of Retell.
use std::time::Duration;

use crate::providers::exchange::Failure;

/// A call to Retell that did not succeed. Holds nothing of what was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Retell said no, and nothing was done. An object that it does not know is a 422.
    #[error("retell refused with status {status}")]
    Refused { status: u16 },
    /// The chat has ended, by silence or on purpose: open a new one.
    #[error("retell chat is closed")]
    ChatClosed,
    /// Too much at once, and nothing was done.
    #[error("retell is rate limiting us")]
    RateLimited { retry_after: Option<Duration> },
    /// No connection, and nothing was done.
    #[error("retell cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer in time: it may have been done, or be done yet. Look before doing it again.
    #[error("retell gave no answer: {0}")]
    NoAnswer(&'static str),
    /// No answer that can be trusted: it may have been done. Look before doing it again.
    #[error("retell gave no usable answer: {0}")]
    Unknown(&'static str),
}

impl Error {
    /// Whether the same call may succeed later. After [`Error::NoAnswer`] and [`Error::Unknown`] only what may
    /// happen twice can simply be repeated.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Unreachable(_)
            | Self::NoAnswer(_)
            | Self::Unknown(_) => true,
            // A conflict with another change of the same object passes.
            Self::Refused { status } => *status == 409,
            Self::ChatClosed => false,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::Unreachable(error),
            Failure::NoAnswer(how) => Self::NoAnswer(how),
        }
    }
}
