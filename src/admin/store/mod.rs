//! What an operator reads of everybody's rows. Lists are the newest first and one row longer than the page.
mod businesses;
mod machine;

pub use businesses::{list_appointments, list_leads, list_messages, list_subscribers};
pub use machine::{list_alerts, list_kept, list_runs, resolve_alert};
