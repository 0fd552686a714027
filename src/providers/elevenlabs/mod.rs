//! ElevenLabs: words become sound.
//!
//! What comes back is what a telephone carries (8 kHz, 16 bit, one channel) as a whole WAV file, whichever way the
//! provider was ready to give it.
mod client;
#[cfg(test)]
mod client_tests;
mod error;
mod speech;
mod wav;

pub use client::{Client, Spoken};
pub use error::Error;
pub use speech::Speech;

/// What every sound of ours is served as.
pub const CONTENT_TYPE: &str = "audio/wav";
