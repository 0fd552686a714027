//! Conversations by voice: what a carrier or an agent provider asks before a call and tells during and after it.
//!
//! Whoever waits on the line gets an answer inside a deadline, whatever is broken here. Events come in any order and
//! any number of times; they make one interaction (`news`). Each provider has its folder.
pub mod audio;
mod desk;
pub mod forwarding;
mod intake;
mod line;
mod news;
mod outcome;
mod resolve;
pub mod retell;
mod stuck;
mod through;
mod vapi;
pub mod speech;
pub mod twilio;

pub use audio::{ClearAudio, clear_audio, prepare_greeting};
pub use forwarding::{PlaceTestCall, place_test_call};
pub use retell::{ForgetConversation, Held, forget_conversation, receive_raw};
pub use stuck::{
    AskAboutCall, FindStuckCalls, ask_about_call, find_stuck_calls,
    schedule as stuck_calls_schedule,
};
pub use twilio::{
    FindMissedCalls, LookThroughAccount, StandingDocument, StartRecording, find_missed_calls,
    look_through_account, missed_calls_schedule, receive_raw as receive_raw_call,
    standing_documents, start_recording,
};
pub use vapi::{ForgetVapiCall, forget_vapi_call, receive_raw as receive_raw_of_vapi};

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// The paths that providers of voice call.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(retell::router())
        .merge(forwarding::router())
        .merge(vapi::router())
        .merge(audio::router())
        .merge(twilio::router())
}
