//! What providers send us: proved, claimed once, never lost.
//!
//! The straight line of every webhook: body limit → signature in constant time → parse → subscriber → one
//! transaction that claims the event and does all its effects → commit → answer. The table is `inbound_events`.
//!
//! Whose secret proved it goes along all the way: what a subscriber's own secret proves acts for that subscriber and
//! nobody else, whatever it says of itself.
mod claim;
mod pace;
mod proof;
mod proved;
mod reprocess;
mod connection;
mod unproved;
mod vapi;

pub use claim::{
    Claim, EventKey, Kept, KeptState, Received, claim, find_kept, find_taker, give_kept,
    keep_unreadable, keep_unrouted, list_had,
};
pub use connection::{Connected, connected};
pub use pace::{await_turn, pace};
pub use proof::Proof;
pub use proved::{RetellBody, TwilioForm, count, outcome_of};
pub use reprocess::{Replay, Reprocess, own_or_answer, replay};
pub use unproved::SORRY;
pub use vapi::VapiBody;
