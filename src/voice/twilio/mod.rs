//! Calls that we answer ourselves, turn by turn, over Twilio.
//!
//! Each request of a call is one transaction with its row of `twilio_calls` locked: any process may get the next one.
//! The ladder: the receptionist, the business's own people, a tone to speak after, a text back. Whatever fails here,
//! the next rung answers; nobody hears an error, or nothing (`guard`, `fallback`).
mod desk;
mod dial;
mod end;
mod fallback;
mod guard;
mod links;
mod missed;
mod owner;
mod plan;
mod recording;
mod ring;
mod routes;
mod rules;
mod standing;
pub mod store;
mod talk;
mod text_back;
mod turn;
mod voicemail;
mod words;

pub use missed::{
    FindMissedCalls, LookThroughAccount, find_missed_calls, look_through_account,
    schedule as missed_calls_schedule,
};
pub use recording::{StartRecording, start_recording};
pub use routes::{receive_raw, router};
pub use standing::{StandingDocument, standing_documents};
