//! People known to a subscriber: contacts, whether they may be texted, and the leads they leave.
//!
//! A contact's phone is unique within its subscriber. Whoever opted out is never texted until opting in:
//! `opt_outs` is written, and read by the one function that sends, with the contact's row locked.
pub mod consents;
pub mod personal_data;
mod store;

pub use store::{
    Caller, NewLead, TextState, end_opt_out, insert_lead, mark_text_state, start_opt_out,
    touch_contact,
};
