//! People known to a subscriber: contacts, whether they may be texted, and the leads they leave.
//!
//! A contact's phone is unique within its subscriber. Whoever opted out is never texted until opting in:
//! `opt_outs` is written, and read by the one function that sends, with the contact's row locked.
//!
//! Of two contacts that turn out to be one person, one is merged into the other: what was said with it goes along, its
//! number means the other one from then on, and its opt-out stays with the number.
pub mod consents;
pub mod model;
pub mod personal_data;
mod routes;
pub mod store;

pub use routes::router;
pub use store::{
    callers::{
        Caller, TextState, end_opt_out, mark_text_state, name_contact, start_opt_out, touch_contact,
    },
    leads::{NewLead, has_lead, insert_lead},
};
