//! Subscribers that handle health data: what was kept of people's words is emptied, here and at the providers.
//!
//! Whoever writes words asks `keeps_words` and does not write them; this room is for what was there before the switch was
//! turned, and for what had to live until somebody was answered. It owns no table: it empties columns of others, each
//! named in `store.rs`, and `tests/it/vault/health.rs` searches the whole database for words that it planted.
mod jobs;
mod store;

pub use jobs::{SweepHealthData, forget_words, sweep_health_data};
