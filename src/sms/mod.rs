//! Conversations by text message: the carrier's webhooks in, the receptionist in the middle, the answer out.
//!
//! A text is received in one transaction (claim, contact, conversation, turn, charge, event, the order to reply); the
//! reply is a job. STOP, START and HELP in three languages are handled before anything else.
mod everywhere;
mod idle;
pub mod keywords;
mod receive;
mod reply;
mod shared;
mod webhooks;

pub use everywhere::{ObeyEverywhere, obey_everywhere};
pub use idle::{CloseIdleTexts, close_idle_texts};
pub use reply::{ReplyToText, reply_to_text};
pub use shared::{AskWhichBusiness, ask_which_business};
pub use webhooks::{receive_raw, router, twilio_sms};
