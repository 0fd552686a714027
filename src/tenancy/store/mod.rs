//! The statements on what is a subscriber's by setting.
pub mod booking;
pub mod callers;
pub mod channels;
pub mod hours;
pub mod lines;
pub mod questions;
pub mod services;
pub mod settings;
pub mod switch;
