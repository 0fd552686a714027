//! What came of a call, as an agent's analysis names it.
use crate::traffic::Outcome;

/// The outcome of that name, where it is more than a reason for the end can tell.
pub(super) fn outcome_named(name: &str) -> Option<Outcome> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "booked" => Outcome::Booked,
        "rescheduled" => Outcome::Rescheduled,
        "cancelled" | "canceled" => Outcome::Cancelled,
        "transferred" => Outcome::Transferred,
        "message_taken" | "message" => Outcome::MessageTaken,
        _ => return None,
    })
}
