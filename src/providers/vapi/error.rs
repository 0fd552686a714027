//! What can go wrong when we ask something of Vapi.
use std::time::Duration;

use crate::providers::exchange::Failure;

/// A call to Vapi that did not succeed. Holds nothing of what was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Vapi said no, and nothing was done.
    #[error("vapi refused with status {status}")]
    Refused { status: u16 },
    /// Too much at once, and nothing was done.
    #[error("vapi is rate limiting us")]
    RateLimited { retry_after: Option<Duration> },
    /// No connection, and nothing was done.
    #[error("vapi cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer that can be trusted: it may have been done. Look before doing it again.
    #[error("vapi gave no usable answer: {0}")]
    Unknown(&'static str),
}

impl Error {
    /// Whether the same call may succeed later. After [`Error::Unknown`] only what may happen twice can simply be
    /// repeated.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::Unknown(_) => true,
            Self::Refused { status } => *status == 409,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::Unreachable(error),
            Failure::NoAnswer(how) => Self::Unknown(how),
        }
    }
}
