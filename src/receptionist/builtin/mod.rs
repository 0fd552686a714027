//! The built-in brain, called Rachel: a dialogue of rules, which works where nothing else does.
//!
//! It is a machine, not a program that runs: fed a turn, it either says something or wants a tool called; fed the
//! tool's answer, it goes on. The loop around it belongs to whoever has the tools. Between turns all it knows stands in
//! a `DialogueState`, which is kept as JSON.
mod asides;
mod asking;
mod between;
mod booking;
mod choosing;
mod dialogue;
mod keys;
mod managing;
mod messages;
mod pending;
mod plan;
mod state;
#[cfg(test)]
mod tests;
mod which;
mod words;

pub use dialogue::{Input, Step, advance};
pub use pending::pending_question;
pub use state::DialogueState;
