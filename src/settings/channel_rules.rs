//! Who can carry a channel, and who can think on it.
use crate::tenancy::{AiProvider, Channel, Transport};

/// Whether the two fit the channel and each other. Texts go over Twilio whoever thinks; an agent of Vapi's is reached
/// through Vapi alone; an agent of Retell's over Retell's own numbers or a trunk of Twilio's.
pub fn fit(channel: Channel, transport: Transport, ai_provider: AiProvider) -> bool {
    use AiProvider::{Builtin, Llm, Retell, Vapi};
    match (channel, transport) {
        (Channel::Voice, Transport::Twilio) => matches!(ai_provider, Builtin | Llm | Retell | Vapi),
        (Channel::Voice, Transport::Retell) => ai_provider == Retell,
        (Channel::Voice, Transport::Vapi) => ai_provider == Vapi,
        (Channel::Sms, Transport::Twilio) | (Channel::Chat, Transport::Web) => {
            matches!(ai_provider, Builtin | Llm | Retell)
        }
        (Channel::Email, Transport::Other) => {
            matches!(ai_provider, Builtin | Llm | AiProvider::Other)
        }
        _ => false,
    }
}

/// Whether texts may be switched on.
pub fn allows_texts(plan: &str) -> bool {
    plan != "FREE"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_takes_only_those_who_can_carry_it_and_think_on_it() {
        use AiProvider as Ai;
        assert!(fit(Channel::Voice, Transport::Twilio, Ai::Retell));
        assert!(fit(Channel::Voice, Transport::Vapi, Ai::Vapi));
        assert!(fit(Channel::Sms, Transport::Twilio, Ai::Builtin));
        assert!(fit(Channel::Chat, Transport::Web, Ai::Retell));
        assert!(fit(Channel::Email, Transport::Other, Ai::Other));
        assert!(!fit(Channel::Voice, Transport::Web, Ai::Retell));
        assert!(!fit(Channel::Voice, Transport::Retell, Ai::Vapi));
        assert!(!fit(Channel::Sms, Transport::Retell, Ai::Retell));
        assert!(!fit(Channel::Sms, Transport::Twilio, Ai::Vapi));
        assert!(!fit(Channel::Chat, Transport::Twilio, Ai::Builtin));
    }

    #[test]
    fn only_a_plan_that_is_paid_for_has_texts() {
        assert!(!allows_texts("FREE"));
        assert!(allows_texts("CORE") && allows_texts("SCALE"));
    }
}
