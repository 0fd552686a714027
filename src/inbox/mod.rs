//! What the business's people do in conversations: what waits for them, and what they answer, note, assign and end.
//!
//! Owns no table: it puts together what `traffic`, `messaging` and `billing` keep. Every act is a line of the
//! interaction's black box; who was given a conversation stands in the audit log as well.
mod routes;

pub use routes::router;
