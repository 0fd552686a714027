//! The companies that we talk to: for each its wire types, its client and its signature check.
//!
//! Nothing in here knows a domain, a database or a clock; settings and the present moment come in as arguments.
//! Payloads are read tolerantly (unknown members are skipped) and the members that we use strictly.
mod exchange;
mod loose;
pub mod llm;
mod pulse;
pub mod calcom;
pub mod elevenlabs;
pub mod resend;
pub mod twilio;
pub mod recordings;
pub mod retell;
pub mod vapi;

pub use pulse::Pulse;
