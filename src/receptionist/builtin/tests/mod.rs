//! Conversations with Rachel, told as scripts on a stage.
mod bookings;
mod callers;
mod scripts;
mod stage;
mod turns;
mod wishes;
