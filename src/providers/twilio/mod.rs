//! Twilio: texts and calls.
//!
//! [`Form`] decodes what Twilio posts, [`signature`] proves that Twilio posted it, and [`InboundSms`] and
//! [`MessageStatusCallback`] are what it says. [`Client`] sends; an [`Error`] says whether a text can have gone out, and
//! [`meaning`] what a refusal asks us to do. [`segments`] predicts what a text will cost.
pub mod signature;
pub mod segments;
pub mod twiml;
mod form;
mod logs;
mod wire;
mod numbers;
mod voice;
mod calls;
mod client;
#[cfg(test)]
mod client_tests;
mod error;
mod loose;
mod place_call;

pub use calls::FoundCall;
pub use client::{Account, Client, NewMessage, SentMessage};
pub use error::{Error, ErrorMeaning, meaning};
pub use form::{DuplicateField, Form, FormError};
pub use logs::FoundRecording;
pub use numbers::{NumberUrls, OwnedNumber};
pub use place_call::{NewCall, PlacedCall};
pub use voice::{
    Attestation, CallForm, CallStatus, DialStatus, Dialled, Heard, NoCall, Recording,
    Transcription, sid_in,
};
pub use wire::{InboundSms, Media, MessageStatus, MessageStatusCallback, OptOutType, ParseError};
