//! Calls and chats that Retell's agents hold.
mod calls;
mod chats;
pub mod definition;
mod forget;
mod inbound;
mod normalise;
mod tool_calls;
mod webhooks;

pub(super) use calls::receive as receive_call;
pub use forget::{ForgetConversation, Held, forget_conversation};
pub(super) use normalise::Parties;
pub use webhooks::{receive_raw, router};
