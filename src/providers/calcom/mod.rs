//! Cal.com: the calendar that many businesses keep already, and through it Google's and Microsoft's.
//!
//! [`signature`] proves that Cal.com called us, [`WebhookEvent`] is what it tells of a booking, [`Client`] is for what we
//! ask of it: tokens (OAuth), free times, bookings, webhooks. A booking is the same [`Booking`] whether a webhook or the
//! API tells of it; their spellings differ.
pub mod signature;
mod booking;
mod client;
#[cfg(test)]
mod client_tests;
mod error;
mod loose;
mod oauth;
mod slots;
mod webhook;

pub use booking::{Attendee, Booking, BookingStatus, Host};
pub use client::{Bookings, Client, EventType, Me, NewBooking, NewWebhook, Since};
pub use error::Error;
pub use oauth::{SCOPES, SCOPES_WITHOUT_WEBHOOKS, Tokens};
pub use slots::AskedSlots;
pub use webhook::{NoShow, ParseError, TRIGGERS, WebhookEvent};
