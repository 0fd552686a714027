//! Conversations by text message: the carrier's webhooks in, the receptionist in the middle, the answer out.
pub mod keywords;
