//! The built-in brain, called Rachel: a dialogue of rules, which works where nothing else does.
//!
//! It is a machine, not a program that runs: fed a turn, it either says something or wants a tool called; fed the
//! tool's answer, it goes on. The loop around it belongs to whoever has the tools. Between turns all it knows stands in
//! a `DialogueState`, which is kept as JSON.
mod asides;
mod asking;
mod booking;
#[cfg(test)]
mod bookings;
mod choosing;
mod dialogue;
mod keys;
mod managing;
mod messages;
mod plan;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod stage;
mod state;
#[cfg(test)]
mod turns;
mod which;
mod words;

pub use dialogue::{Input, Step, advance};
pub use state::DialogueState;
