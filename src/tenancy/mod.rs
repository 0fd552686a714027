//! Subscribers and what is theirs by setting: profile, hours, services, channels, agents, numbers.
//!
//! Also answers the first question of every webhook: whose is this? The tables are those of the migration
//! `tenancy` and the `directory`.
pub mod accounts;
pub mod business;
pub mod directory;
pub mod founding;
pub mod model;
pub mod opening_hours;
pub mod privacy;
pub mod shared;
pub mod store;

pub use directory::{Entry, Key};
pub use model::{
    AiProvider, CallSettings, Channel, ChannelMode, ClosedAnswer, ForwardingStatus, Line,
    RecordingMode, SubscriberStatus, Transport, VoiceLine,
};
pub use store::lines::{find_line, find_text_number, find_voice_line, list_subscribers};
