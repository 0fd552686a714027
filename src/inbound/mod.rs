//! What providers send us: proved, claimed once, never lost.
//!
//! The straight line of every webhook: body limit → signature in constant time → parse → subscriber → one
//! transaction that claims the event and does all its effects → commit → answer. The table is `inbound_events`.
//!
//! Whose secret proved it goes along all the way: what a subscriber's own secret proves acts for that subscriber and
//! nobody else, whatever it says of itself.
mod claim;
mod proof;
mod proved;
mod reprocess;

pub use claim::{
    Claim, EventKey, Kept, Received, claim, find_kept, give_failed, keep_unreadable, keep_unrouted,
};
pub use proof::Proof;
pub use proved::{RetellBody, TwilioForm, count, outcome_of};
pub use reprocess::{Reprocess, own_or_answer};
