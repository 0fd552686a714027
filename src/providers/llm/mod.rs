//! A language model behind an OpenAI-compatible API: chat completions with function calling.
mod client;
mod wire;

pub use client::{Client, Error};
pub use wire::{AskedFunction, AskedTool, Completion, Function, Message, Tool};
