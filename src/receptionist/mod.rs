//! What answers people: it understands a turn, asks the tools, and finds the words.
//!
//! A *turn* is what the other side did once (a text, keys pressed, silence); a *reply* is what they read or hear
//! back. A *brain* turns the one into the other: Retell's chat agent, an LLM, or the built-in one ("Rachel"), which
//! needs no key and no network and so answers whenever another brain cannot. The *tools* are the same for all of them.
//!
//! All of it is pure (facts and a time in, words and tool calls out, so every conversation can be told as a script in
//! a test) but for `brain`, which asks one, and the effects of `tools`.
mod asked_time;
pub mod brain;
pub mod builtin;
pub mod business;
mod facts;
pub mod intent;
pub mod opt_out;
pub mod plain;
pub mod prompt;
#[cfg(test)]
pub(crate) mod sample;
pub mod say;
mod services;
mod telling;
pub mod tools;
pub mod turn;
pub mod understanding;

pub use business::Business;
pub use intent::Intent;
pub use turn::{Heard, Medium, Reply, Turn};
