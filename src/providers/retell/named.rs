//! What a body of Retell's names before anybody knows whether it is Retell's: enough to find whose secret to try.
use serde::Deserialize;

use super::{inbound::Channel, wire::members};
use crate::providers::loose;

/// The agent and the numbers of a conversation, unproved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub agent: Option<String>,
    pub numbers: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Conversation {
    #[serde(default, deserialize_with = "loose::text")]
    agent_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    to_number: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    from_number: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    call: Option<Conversation>,
    chat: Option<Conversation>,
    call_inbound: Option<Conversation>,
    chat_inbound: Option<Conversation>,
}

/// Reads the names and skips the rest: most of a body is a transcript. A body that is odd names nobody.
pub fn named(body: &[u8]) -> Named {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Named::default();
    };
    let conversations = [body.call, body.chat, body.call_inbound, body.chat_inbound];
    let one = conversations.into_iter().flatten().next();
    one.map(|one| Named {
        agent: one.agent_id,
        numbers: [one.to_number, one.from_number]
            .into_iter()
            .flatten()
            .collect(),
    })
    .unwrap_or_default()
}

/// What somebody waits for on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Who takes a call or a text.
    Inbound(Channel),
    /// What a tool comes to.
    Tool,
}

/// What a body that nobody has proved yet waits for; news wait for nothing.
pub fn awaited(body: &[u8]) -> Option<Awaited> {
    let members = members(body).ok()?;
    match Channel::asked(&members) {
        Some(channel) => Some(Awaited::Inbound(channel)),
        // A tool with its name, or with its arguments alone.
        None => (!members.contains_key("event")).then_some(Awaited::Tool),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_news() {
        for (body, expected) in [
            (
                r#"{"event": "call_inbound", "call_inbound": {}}"#,
                Some(Awaited::Inbound(Channel::Call)),
            ),
            (
                r#"{"event": "chat_inbound"}"#,
                Some(Awaited::Inbound(Channel::Chat)),
            ),
            (r#"{"name": "opt_out", "call": {}}"#, Some(Awaited::Tool)),
            (r#"{"topic": "hours"}"#, Some(Awaited::Tool)),
            (r#"{"event": "call_ended", "call": {}}"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(awaited(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn the_agent_and_the_numbers_are_found_in_every_kind_of_body() {
        for member in ["call", "chat", "call_inbound", "chat_inbound"] {
            let body = format!(
                r#"{{"event": "e", "{member}": {{"agent_id": "agent_1", "to_number": "+1", "transcript": [{{}}]}}}}"#
            );
            let named = named(body.as_bytes());
            assert_eq!(named.agent.as_deref(), Some("agent_1"), "{member}");
            assert_eq!(named.numbers, ["+1"]);
        }
    }

    #[test]
    fn an_odd_body_names_nobody() {
        for body in ["", "[]", "{}", r#"{"call": 7}"#, r#"{"call": {}}"#, "\u{0}"] {
            assert_eq!(named(body.as_bytes()), Named::default(), "{body}");
        }
    }
}
