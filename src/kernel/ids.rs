//! Ids: UUIDv7, one type per thing, so that one cannot be passed for another.
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
                 serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one, in the order of time.
            #[expect(clippy::new_without_default, reason = "every call makes another id")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// A tenant: one business.
    SubscriberId,
    ContactId,
    InteractionId,
    MessageId,
    /// A text that we send: one attempt at the provider at most.
    OutgoingId,
    EventId,
    /// An address that wants events.
    EndpointId,
    /// One event to one endpoint.
    DeliveryId,
    JobId,
    LeadId,
    UsageId,
    UserId,
    RecordingId,
    /// What can be booked once at a time: a technician, a chair.
    ResourceId,
    /// A booked time.
    AppointmentId,
    /// Something that a person is told of an appointment.
    ReminderId,
    RunId,
    SessionId,
    ApiKeyId,
}
