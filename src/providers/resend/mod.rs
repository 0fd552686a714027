//! Resend: our mails.
mod client;

pub use client::{Client, Error, Letter};
