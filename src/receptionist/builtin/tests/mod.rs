//! Conversations with Rachel, told as scripts on a stage.
mod bookings;
mod callers;
mod passed_on;
mod scripts;
mod stage;
mod turns;
mod wishes;
