//! The words of traffic.
use crate::{kernel::text::text_enum, web::ApiError};

text_enum! {
    Direction { Inbound, Outbound }
}

text_enum! {
    /// Whether a conversation goes on.
    Status { Open, Completed, Failed }
}

text_enum! {
    /// Who speaks in a turn.
    Role { Caller, Ai, Staff, System, Tool }
}

text_enum! {
    /// Who handled a conversation.
    HandledBy { Ai, Human }
}

text_enum! {
    /// What came of a conversation.
    Outcome {
        Other, Abandoned, Missed, Failed, Answered, Voicemail, MessageTaken, Transferred, Cancelled, Rescheduled,
        Booked, Blocked,
    }
}

impl Outcome {
    /// From the least to the most telling: what is known of a conversation is only ever replaced by more.
    pub const BY_RANK: [Self; 12] = [
        Self::Other,
        Self::Abandoned,
        Self::Missed,
        Self::Failed,
        Self::Answered,
        Self::Voicemail,
        Self::MessageTaken,
        Self::Transferred,
        Self::Cancelled,
        Self::Rescheduled,
        Self::Booked,
        Self::Blocked,
    ];

    /// Those whose sum in `usage_rollups` is only that of the outcome, in the order in which `billing/record.sql` takes
    /// them. The other three have a sum of their own.
    pub const COUNTED_APART: [Self; 9] = [
        Self::Rescheduled,
        Self::Cancelled,
        Self::MessageTaken,
        Self::Answered,
        Self::Voicemail,
        Self::Abandoned,
        Self::Blocked,
        Self::Failed,
        Self::Other,
    ];

    /// Nobody was helped.
    pub const UNANSWERED: [Self; 5] = [
        Self::Missed,
        Self::Abandoned,
        Self::Blocked,
        Self::Failed,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "OTHER",
            Self::Abandoned => "ABANDONED",
            Self::Missed => "MISSED",
            Self::Failed => "FAILED",
            Self::Answered => "ANSWERED",
            Self::Voicemail => "VOICEMAIL",
            Self::MessageTaken => "MESSAGE_TAKEN",
            Self::Transferred => "TRANSFERRED",
            Self::Cancelled => "CANCELLED",
            Self::Rescheduled => "RESCHEDULED",
            Self::Booked => "BOOKED",
            Self::Blocked => "BLOCKED",
        }
    }
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Outbound => "OUTBOUND",
        }
    }
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// Why a conversation could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another event of the same conversation came first, between our look and our write. Begin again.
    #[error("another event of this conversation came first")]
    Raced,
    /// Its words were taken away, by an erasure or by retention: nothing is written to it again.
    #[error("the words of this conversation were cleared")]
    Cleared,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Raced | Error::Cleared => Self::unavailable(),
            Error::Database(error) => error.into(),
        }
    }
}
