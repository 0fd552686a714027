//! What is read of conversations, and what staff and tools write to them.
pub mod black_box;
pub mod calls;
pub mod details;
pub mod lists;
pub mod open_calls;
pub mod recordings;
pub mod staff;
pub mod takeover;
