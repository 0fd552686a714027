//! What endpoints and deliveries are.
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::kernel::{
    ids::{DeliveryId, EndpointId, EventId, SubscriberId},
    text::text_enum,
};

text_enum! {
    /// How a body looks.
    Format { Standard, Legacy }
}

text_enum! {
    /// How long a delivery is tried.
    Schedule { Default, Short }
}

text_enum! {
    /// Where a delivery stands.
    DeliveryStatus { Pending, Sending, Succeeded, Retrying, Dead, Cancelled }
}

text_enum! {
    /// Why an endpoint gets nothing.
    DisabledBecause { Owner, Gone, Failing }
}

text_enum! {
    /// What set an attempt off.
    Trigger { Schedule, Replay }
}

/// An address that wants events, as its owner sees it. Its secrets are not in here.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: EndpointId,
    /// Without user and password.
    pub url: String,
    /// user:password, sealed.
    pub credentials: Option<String>,
    /// The owner's own headers, sealed.
    pub headers: Option<String>,
    pub events: Vec<String>,
    pub description: Option<String>,
    pub format: Format,
    pub schedule: Schedule,
    pub timeout_s: i32,
    pub per_second: Option<i32>,
    pub is_from_settings: bool,
    pub is_enabled: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_because: Option<DisabledBecause>,
    pub created_at: DateTime<Utc>,
}

/// A secret as it is stored.
#[derive(Clone, Debug)]
pub struct SealedSecret {
    pub id: uuid::Uuid,
    pub sealed: String,
}

/// Which order to deliver: a replay makes another one, and then this one means nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    pub subscriber: SubscriberId,
    pub delivery: DeliveryId,
    pub generation: i32,
}

/// How an endpoint does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EndpointState {
    pub next_slot_at: Option<DateTime<Utc>>,
    pub failures_in_row: i32,
    pub failing_since: Option<DateTime<Utc>>,
    pub failing_attempts: i32,
    pub open_until: Option<DateTime<Utc>>,
    pub owner_warned_at: Option<DateTime<Utc>>,
}

/// A delivery with the attempts that were made at it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    pub endpoint: EndpointId,
    pub event: EventId,
    pub event_type: String,
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub last_status: Option<i32>,
    pub created_at: DateTime<Utc>,
}

/// As a deadline.
pub(super) fn timeout_of(timeout_s: i32) -> Duration {
    Duration::from_secs(u64::from(timeout_s.clamp(5, 30).unsigned_abs()))
}

/// Why something cannot be done with endpoints and deliveries.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such endpoint or delivery")]
    NotFound,
    #[error("{field}: {message}")]
    Invalid {
        field: &'static str,
        message: String,
    },
    #[error("an account has {0} endpoints at most")]
    TooMany(usize),
    #[error("what was to be sent is no longer kept")]
    Expired,
    #[error("the endpoint is disabled")]
    Disabled,
    #[error(transparent)]
    Unopenable(#[from] crate::kernel::secrets::Unopenable),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Error {
    pub(super) fn invalid(field: &'static str, message: impl ToString) -> Self {
        Self::Invalid {
            field,
            message: message.to_string(),
        }
    }
}
