//! What tests stand on.
mod app;
mod caller;
mod db;
pub mod paper;
mod person;
mod queue;
mod retell;
mod rows;
mod scratch;
pub mod specs;
mod subscriber;
mod text;
pub mod twiml;
mod vapi;
mod waiting;
mod world;

pub use app::{
    Answer, CALCOM_SECRET, ELEVENLABS_KEY, ENCRYPTION_KEY, JWT_KEY, PRODUCTION, PUBLIC_URL,
    RETELL_KEY, TWILIO_TOKEN, TestApp, VAPI_KEY, VAPI_SECRET, app, at,
};
pub use caller::Caller;
pub use db::TestDb;
pub use person::Client;
pub use queue::{Bench, Work, do_once, soon};
pub use retell::RetellPost;
pub use scratch::Scratch;
pub use subscriber::Subscriber;
pub use text::Text;
pub use waiting::eventually;
pub use world::{Table, World, execute, literal};

/// A length of time.
pub fn seconds(count: i64) -> chrono::Duration {
    chrono::Duration::seconds(count)
}

/// A length of time.
pub fn minutes(count: i64) -> chrono::Duration {
    chrono::Duration::minutes(count)
}

/// A length of time.
pub fn hours(count: i64) -> chrono::Duration {
    chrono::Duration::hours(count)
}
