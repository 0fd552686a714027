//! What can go wrong when we ask something of Cal.com.
use std::time::Duration;

use crate::providers::exchange::Failure;

/// A call to Cal.com that did not succeed. Holds nothing of what was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody may book this time (any more): taken, too soon, too far away. Nothing was done; offer another time.
    #[error("the time is not free at cal.com")]
    SlotTaken,
    /// The tokens are of no use any more: the person must connect again.
    #[error("cal.com wants the person to connect again")]
    Reconnect,
    /// The access token is refused; a fresh one may be taken.
    #[error("cal.com refuses the access token")]
    TokenRefused,
    /// There is no such thing there.
    #[error("cal.com does not know it")]
    NotFound,
    /// Cal.com said no, and nothing was done.
    #[error("cal.com refused with status {status}")]
    Refused { status: u16 },
    /// Too much at once, and nothing was done.
    #[error("cal.com is rate limiting us")]
    RateLimited { retry_after: Option<Duration> },
    /// No connection, and nothing was done.
    #[error("cal.com cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer in time: it may have been done, or be done yet. Look before doing it again.
    #[error("cal.com gave no answer: {0}")]
    NoAnswer(&'static str),
    /// No answer that can be trusted: it may have been done. Look before doing it again.
    #[error("cal.com gave no usable answer: {0}")]
    Unknown(&'static str),
}

impl Error {
    /// Whether the same call may succeed later. What may not happen twice is looked for first, see
    /// [`Error::may_have_happened`].
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Unreachable(_)
            | Self::NoAnswer(_)
            | Self::Unknown(_)
            | Self::TokenRefused => true,
            Self::SlotTaken | Self::Reconnect | Self::NotFound | Self::Refused { .. } => false,
        }
    }

    /// Whether what was asked may have been done all the same.
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Unknown(_))
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
