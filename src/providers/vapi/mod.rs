//! Vapi: voice assistants that answer calls.
//!
//! [`auth`] proves that Vapi called us, [`redact`] takes out of a body what opens other doors. [`ServerMessage`] is what
//! it reports or asks before, during and after a call; [`answer`] holds what it wants to hear. [`Client`] is for what we
//! ask of Vapi. Every enumeration of Vapi arrives as open text, every member may be missing or null.
pub mod answer;
pub mod auth;
mod call;
mod client;
#[cfg(test)]
mod client_tests;
mod ended;
mod error;
mod message;
mod named;
mod redact;
mod tool_use;

pub use call::{Analysis, Artifact, Call, CallStatus, Turn, TurnRole};
pub use client::{Client, NewCall};
pub use ended::{Ended, ended};
pub use error::Error;
pub use message::{Destination, MessageKind, ParseError, ServerMessage};
pub use named::{Named, named, read_unproved};
pub use redact::redacted;
pub use tool_use::ToolUse;
