//! Why a call ended, in the few kinds that make a difference to us.

/// The kind of a `disconnection_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disconnection {
    CallerHungUp,
    AgentHungUp,
    /// Handed over to a person or to the fallback number.
    Transferred,
    /// A transfer was tried and given up.
    TransferFailed,
    /// A machine answered: voicemail or a menu.
    Voicemail,
    /// Nobody spoke any more.
    Inactivity,
    /// The longest duration was reached.
    TimeLimit,
    /// Ended by hand or by our program.
    Stopped,
    /// The person never wants to be called again.
    OptOutRequested,
    /// The person wants to be called back.
    CallbackRequested,
    /// The other side was never reached, or did not take the call.
    NotConnected,
    /// More calls at once than the workspace allows.
    AtCapacity,
    /// The workspace cannot pay: every subscriber is down, and the operator has to be called.
    ProviderOutOfMoney,
    /// One of the sides was taken for a nuisance.
    Spam,
    /// A fault of Retell, of its speech recognition or of the model.
    Error,
    /// A reason that we do not know yet; the list grows.
    Other,
}

/// The kind of a reason as Retell writes it.
pub fn disconnection(reason: &str) -> Disconnection {
    match reason {
        "user_hangup" => Disconnection::CallerHungUp,
        "agent_hangup" => Disconnection::AgentHungUp,
        "call_transfer" | "transfer_bridged" | "no_concurrency_fallback" => {
            Disconnection::Transferred
        }
        "transfer_cancelled" => Disconnection::TransferFailed,
        "voicemail_reached" | "ivr_reached" | "machine_detected" => Disconnection::Voicemail,
        "inactivity" => Disconnection::Inactivity,
        "max_duration_reached" => Disconnection::TimeLimit,
        "manual_stopped" | "call_take_over" => Disconnection::Stopped,
        "user_requested_dnc" => Disconnection::OptOutRequested,
        "user_requested_callback" => Disconnection::CallbackRequested,
        "dial_busy"
        | "dial_failed"
        | "dial_no_answer"
        | "invalid_destination"
        | "user_declined"
        | "network_blocked" => Disconnection::NotConnected,
        "telephony_provider_permission_denied"
        | "telephony_provider_unavailable"
        | "sip_routing_error" => Disconnection::NotConnected,
        "error_user_not_joined" | "registered_call_timeout" => Disconnection::NotConnected,
        "concurrency_limit_reached" => Disconnection::AtCapacity,
        "no_valid_payment" | "credit_exhausted" | "budget_reached" => {
            Disconnection::ProviderOutOfMoney
        }
        "marked_as_spam" | "scam_detected" => Disconnection::Spam,
        // All others of this family are faults, also those that are still to come.
        reason if reason.starts_with("error_") => Disconnection::Error,
        _ => Disconnection::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_reason_has_its_kind() {
        let cases: [(Disconnection, &[&str]); 15] = [
            (Disconnection::CallerHungUp, &["user_hangup"]),
            (Disconnection::AgentHungUp, &["agent_hangup"]),
            (
                Disconnection::Transferred,
                &[
                    "call_transfer",
                    "transfer_bridged",
                    "no_concurrency_fallback",
                ],
            ),
            (Disconnection::TransferFailed, &["transfer_cancelled"]),
            (
                Disconnection::Voicemail,
                &["voicemail_reached", "ivr_reached", "machine_detected"],
            ),
            (Disconnection::Inactivity, &["inactivity"]),
            (Disconnection::TimeLimit, &["max_duration_reached"]),
            (
                Disconnection::Stopped,
                &["manual_stopped", "call_take_over"],
            ),
            (Disconnection::OptOutRequested, &["user_requested_dnc"]),
            (
                Disconnection::CallbackRequested,
                &["user_requested_callback"],
            ),
            (
                Disconnection::NotConnected,
                &[
                    "dial_busy",
                    "dial_failed",
                    "dial_no_answer",
                    "invalid_destination",
                    "telephony_provider_permission_denied",
                    "telephony_provider_unavailable",
                    "sip_routing_error",
                    "network_blocked",
                    "user_declined",
                    "error_user_not_joined",
                    "registered_call_timeout",
                ],
            ),
            (Disconnection::AtCapacity, &["concurrency_limit_reached"]),
            (
                Disconnection::ProviderOutOfMoney,
                &["no_valid_payment", "credit_exhausted", "budget_reached"],
            ),
            (Disconnection::Spam, &["marked_as_spam", "scam_detected"]),
            (
                Disconnection::Error,
                &[
                    "error_llm_websocket_open",
                    "error_asr",
                    "error_retell",
                    "error_unknown",
                    "error_no_audio_received",
                    "error_new",
                ],
            ),
        ];
        for (expected, reasons) in cases {
            for reason in reasons {
                assert_eq!(disconnection(reason), expected, "{reason}");
            }
        }
        assert_eq!(disconnection("abducted"), Disconnection::Other);
    }
}
