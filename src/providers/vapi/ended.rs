//! Why a call ended, in the few kinds that make a difference to us.

/// The kind of an `endedReason`, of which there are over six hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    CallerHungUp,
    /// By the assistant, by silence, by the longest duration.
    Over,
    /// Handed over to a person.
    Transferred,
    /// A machine answered.
    Voicemail,
    /// The other side was never reached, or gave up before anybody spoke.
    NotConnected,
    /// Vapi asked us whom to connect and got nothing that it could use.
    OurFault,
    /// The organisation cannot pay or is frozen: every subscriber in it is down.
    ProviderOutOfMoney,
    /// More calls at once than the organisation may have.
    AtCapacity,
    /// A fault of Vapi's or of those behind it.
    Error,
    /// A reason that we do not know yet.
    Other,
}

const TRANSFERRED: [&str; 6] = [
    "assistant-forwarded-call",
    "call.ringing.hook-executed-transfer",
    "call.ending.hook-executed-transfer",
    "assistant-request-returned-forwarding-phone-number",
    "customer-ended-call-after-warm-transfer-attempt",
    "customer-ended-call-during-transfer",
];

const NOT_CONNECTED: [&str; 6] = [
    "customer-did-not-answer",
    "customer-busy",
    "call.ringing.sip-inbound-caller-hungup-before-call-connect",
    "call.forwarding.operator-busy",
    "manually-canceled",
    "customer-did-not-give-microphone-permission",
];

const OVER: [&str; 8] = [
    "assistant-said-end-call-phrase",
    "assistant-said-message-with-end-call-enabled",
    "exceeded-max-duration",
    "silence-timed-out",
    "vonage-completed",
    "twilio-completed-call",
    "call.in-progress.twilio-completed-call",
    "call.in-progress.sip-completed-call",
];

const OUR_FAULT: [&str; 4] = [
    "assistant-request-",
    "assistant-not-found",
    "assistant-not-valid",
    "call-start-error-neither-assistant-nor-server-set",
];

/// The kind of a reason as Vapi writes it.
pub fn ended(reason: &str) -> Ended {
    let begins_with = |beginnings: &[&str]| {
        let mut beginnings = beginnings.iter();
        beginnings.any(|beginning| reason.starts_with(beginning))
    };
    if TRANSFERRED.contains(&reason) {
        Ended::Transferred
    } else if NOT_CONNECTED.contains(&reason) {
        Ended::NotConnected
    } else if reason == "voicemail" {
        Ended::Voicemail
    } else if reason == "customer-ended-call" || reason.starts_with("customer-ended-call-") {
        Ended::CallerHungUp
    } else if OVER.contains(&reason) || reason.starts_with("assistant-ended-call") {
        Ended::Over
    } else if begins_with(&OUR_FAULT) {
        Ended::OurFault
    } else if reason.contains("concurrency-limit") {
        Ended::AtCapacity
    } else if reason.contains("error-subscription-") || reason.contains("insufficient-credits") {
        Ended::ProviderOutOfMoney
    } else if is_fault(reason) {
        Ended::Error
    } else {
        Ended::Other
    }
}

fn is_fault(reason: &str) -> bool {
    const PARTS: [&str; 6] = [
        "error",
        "-failed",
        "pipeline-",
        "providerfault",
        "vapifault",
        "worker-",
    ];
    PARTS.iter().any(|part| reason.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_of_the_kind_that_the_contract_names() {
        let cases: [(Ended, &[&str]); 10] = [
            (Ended::CallerHungUp, &["customer-ended-call"]),
            (
                Ended::Over,
                &[
                    "assistant-ended-call",
                    "assistant-ended-call-after-message-spoken",
                    "assistant-said-end-call-phrase",
                    "exceeded-max-duration",
                    "silence-timed-out",
                    "call.in-progress.twilio-completed-call",
                    "call.in-progress.sip-completed-call",
                    "vonage-completed",
                ],
            ),
            (
                Ended::Transferred,
                &[
                    "assistant-forwarded-call",
                    "call.ringing.hook-executed-transfer",
                    "call.ending.hook-executed-transfer",
                    "assistant-request-returned-forwarding-phone-number",
                    "customer-ended-call-after-warm-transfer-attempt",
                ],
            ),
            (Ended::Voicemail, &["voicemail"]),
            (
                Ended::NotConnected,
                &[
                    "customer-did-not-answer",
                    "customer-busy",
                    "call.ringing.sip-inbound-caller-hungup-before-call-connect",
                    "call.forwarding.operator-busy",
                    "manually-canceled",
                ],
            ),
            (
                Ended::OurFault,
                &[
                    "assistant-request-failed",
                    "assistant-request-returned-error",
                    "assistant-request-returned-no-assistant",
                    "assistant-not-found",
                    "assistant-not-valid",
                    "call-start-error-neither-assistant-nor-server-set",
                ],
            ),
            (
                Ended::ProviderOutOfMoney,
                &[
                    "call.start.error-subscription-frozen",
                    "call.start.error-subscription-insufficient-credits",
                ],
            ),
            (
                Ended::AtCapacity,
                &["call.start.error-subscription-concurrency-limit-reached"],
            ),
            (
                Ended::Error,
                &[
                    "call.in-progress.error-assistant-did-not-receive-customer-audio",
                    "pipeline-error-openai-llm-failed",
                    "call.in-progress.error-vapifault-worker-died",
                    "worker-shutdown",
                    "phone-call-provider-closed-websocket-failed",
                ],
            ),
            (Ended::Other, &["abducted", ""]),
        ];
        for (expected, reasons) in cases {
            for reason in reasons {
                assert_eq!(ended(reason), expected, "{reason}");
            }
        }
    }
}
