//! Retell: the voice agents that answer calls, and the chat agents behind the widget and the texts.
//!
//! [`signature`] proves that Retell called us. [`WebhookEvent`] is what it reports or asks during and after a
//! conversation, [`InboundRequest`] what it asks before one, answered by an [`InboundAnswer`]. [`Client`] is for what we
//! ask of Retell. Every enumeration of Retell arrives as open text, since its lists grow without notice.
pub mod signature;
mod wire;
mod call;
mod chat;
mod transcript;
mod function;
mod inbound;
mod named;
mod disconnection;
mod client;
#[cfg(test)]
mod client_tests;
mod error;

pub use call::{Call, CallAnalysis, Cost, ProductCost, TransferDestination};
pub use chat::{Chat, ChatAnalysis};
pub use client::{BASIC_ATTRIBUTES_ONLY, Client, Completion, Concurrency};
pub use disconnection::{Disconnection, disconnection};
pub use error::Error;
pub use function::{Conversation, FunctionCall};
pub use inbound::{AgentOverride, AgentVersion, Channel, InboundAnswer, InboundRequest, Setup};
pub use named::{Awaited, Named, awaited, named};
pub use transcript::{ToolUse, Turn, TurnRole, Utterance};
pub use wire::{CallEvent, CallEventKind, ChatEvent, ChatEventKind, ParseError, WebhookEvent};
