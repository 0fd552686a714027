//! Conversations by voice: what a carrier or an agent provider asks before a call and tells during and after it.
//!
//! Whoever waits on the line gets an answer inside a deadline, whatever is broken here. Events come in any order and
//! any number of times; they make one interaction.
mod calls;
mod chats;
mod forget;
mod line;
mod normalise;
mod resolve;
mod retell_inbound;
mod tool_calls;
mod webhooks;

pub use forget::{ForgetConversation, Held, forget_conversation};
pub use webhooks::{receive_raw, router};
