//! Before a call or a text reaches an agent, Retell asks us whom it is for, and the caller hears it ringing meanwhile.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::wire::{ParseError, members, take_timestamp};
use crate::providers::loose;

/// What wants in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Call,
    /// A text to a number whose SMS run through Retell. Its words are not in the request.
    Chat,
}

/// Retell's question about somebody who calls or writes. The same one may come up to four times.
#[derive(Clone, Debug)]
pub struct InboundRequest {
    pub channel: Channel,
    /// None when it is withheld.
    pub from_number: Option<String>,
    pub to_number: Option<String>,
    /// The id that the call or chat will have if it comes about; older numbers do not send one.
    pub conversation_id: Option<String>,
    /// The agent that is bound to the number, if any.
    pub agent_id: Option<String>,
    pub agent_version: Option<AgentVersion>,
    /// With lower-case names. `diversion` can tell the number that was dialled first.
    pub custom_sip_headers: BTreeMap<String, String>,
    pub event_timestamp: Option<DateTime<Utc>>,
}

/// Which version of an agent: a number, or a name such as `latest_published`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AgentVersion {
    Number(i64),
    Name(String),
}

/// Our answer.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundAnswer {
    channel: Channel,
    decision: Decision,
}

/// Two cases and not one struct: a single bad field beside `reject` makes Retell discard the answer and connect the call.
#[derive(Clone, Debug, PartialEq)]
enum Decision {
    Reject,
    Connect(Box<Setup>),
}

/// How a conversation is to begin. The default leaves everything to the agent that is bound to the number; where none is
/// bound, it is not connected.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Setup {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_agent_version: Option<AgentVersion>,
    /// Texts only: a number or a truth value among them makes the whole answer invalid.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dynamic_variables: BTreeMap<String, String>,
    /// Comes back with every later event.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_override: Option<AgentOverride>,
}

/// Settings of the agent changed for one conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgentOverride {
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub agent: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub retell_llm: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub conversation_flow: Map<String, Value>,
}

impl InboundRequest {
    /// Reads the body of an inbound webhook as far as it goes: whatever is odd, a caller hears it ring.
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        #[derive(Default, Deserialize)]
        struct Inbound {
            #[serde(default, deserialize_with = "loose::text")]
            from_number: Option<String>,
            #[serde(default, deserialize_with = "loose::text")]
            to_number: Option<String>,
            #[serde(default, deserialize_with = "loose::text")]
            agent_id: Option<String>,
            #[serde(default, deserialize_with = "loose::or_absent")]
            agent_version: Option<AgentVersion>,
            #[serde(default, deserialize_with = "loose::text")]
            call_id: Option<String>,
            #[serde(default, deserialize_with = "loose::text")]
            chat_id: Option<String>,
            #[serde(default, deserialize_with = "loose::or_absent")]
            custom_sip_headers: BTreeMap<String, String>,
        }

        let mut members = members(body)?;
        let channel = Channel::asked(&members).unwrap_or(Channel::Call);
        let inbound = members.remove(channel.member()).unwrap_or_default();
        let inbound: Inbound = serde_json::from_value(inbound).unwrap_or_default();
        Ok(Self {
            channel,
            from_number: inbound.from_number,
            to_number: inbound.to_number,
            conversation_id: inbound.call_id.or(inbound.chat_id),
            agent_id: inbound.agent_id,
            agent_version: inbound.agent_version,
            custom_sip_headers: inbound.custom_sip_headers,
            event_timestamp: take_timestamp(&mut members),
        })
    }

    /// The number that was dialled first, if somebody's line forwarded the call: of `<sip:+1…@…>;reason=no-answer`.
    pub fn forwarded_from(&self) -> Option<&str> {
        let first = self.custom_sip_headers.get("diversion")?;
        let (_, address) = first.split_once('+')?;
        let digits = address.bytes().take_while(u8::is_ascii_digit).count();
        let start = first.len() - address.len() - 1;
        first.get(start..=start + digits)
    }
}

impl InboundAnswer {
    /// Hangs up, or drops the text; Retell keeps no record of it.
    pub fn reject(channel: Channel) -> Self {
        Self {
            channel,
            decision: Decision::Reject,
        }
    }

    /// Lets it in.
    pub fn connect(channel: Channel, setup: Setup) -> Self {
        Self {
            channel,
            decision: Decision::Connect(Box::new(setup)),
        }
    }
}

impl AgentVersion {
    /// The newest published version; without any version Retell takes the newest draft.
    pub fn latest_published() -> Self {
        Self::Name("latest_published".to_owned())
    }
}

impl Channel {
    /// Whose question the members of a body are, if they are one.
    pub(super) fn asked(members: &Map<String, Value>) -> Option<Self> {
        [Self::Call, Self::Chat].into_iter().find(|channel| {
            let name = channel.member();
            members.contains_key(name) || members.get("event").is_some_and(|event| event == name)
        })
    }

    /// The member that wraps question and answer.
    fn member(self) -> &'static str {
        match self {
            Self::Call => "call_inbound",
            Self::Chat => "chat_inbound",
        }
    }
}

impl Serialize for InboundAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_map(Some(1))?;
        match &self.decision {
            Decision::Reject => answer
                .serialize_entry(self.channel.member(), &BTreeMap::from([("reject", true)]))?,
            Decision::Connect(setup) => answer.serialize_entry(self.channel.member(), setup)?,
        }
        answer.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../../tests/data/retell/", $name, ".json"))
        };
    }

    #[test]
    fn a_question_about_a_call_is_read() {
        let request = InboundRequest::parse(fixture!("call_inbound").as_bytes()).unwrap();
        assert_eq!(
            (request.channel, request.to_number.as_deref()),
            (Channel::Call, Some("+14385550117"))
        );
        assert_eq!(
            request.conversation_id.as_deref(),
            Some("call_5b0e1f7a2c9d4e63a8b7c6d5e4f")
        );
        assert_eq!(request.agent_version, Some(AgentVersion::Number(4)));
        let forwarded =
            InboundRequest::parse(fixture!("call_inbound_sip_no_agent").as_bytes()).unwrap();
        assert_eq!(forwarded.forwarded_from(), Some("+15145550100"));
        assert_eq!(
            (forwarded.agent_id, forwarded.conversation_id),
            (None, None)
        );
    }

    #[test]
    fn a_question_about_a_text_is_read() {
        let request = InboundRequest::parse(fixture!("chat_inbound_sms").as_bytes()).unwrap();
        assert_eq!(
            (request.channel, request.from_number.as_deref()),
            (Channel::Chat, Some("+15145550142"))
        );
        assert_eq!(
            request.conversation_id.as_deref(),
            Some("chat_0c7d3e9b1f2a4d58a6b5c4d3e2f")
        );
    }

    #[test]
    fn of_an_odd_question_what_can_be_read_is_read() {
        let parse = |body: Value| InboundRequest::parse(body.to_string().as_bytes()).unwrap();
        for odd in [
            json!({}),
            json!({ "event": 7 }),
            json!({ "event": "call_ended" }),
        ] {
            let request = parse(odd);
            assert_eq!((request.channel, request.to_number), (Channel::Call, None));
        }
        for odd in [json!(null), json!(7), json!([])] {
            let request = parse(json!({ "event": "chat_inbound", "chat_inbound": odd }));
            assert_eq!((request.channel, request.to_number), (Channel::Chat, None));
        }
        let request = parse(json!({ "event_timestamp": "soon", "call_inbound": {
            "from_number": null, "to_number": "+14385550117", "agent_version": {},
        }}));
        assert_eq!(request.to_number.as_deref(), Some("+14385550117"));
        assert_eq!((request.from_number, request.agent_version), (None, None));
        let no_object = InboundRequest::parse(b"[]").unwrap_err();
        assert_eq!(no_object, ParseError::NotAnObject);
    }

    #[test]
    fn a_rejection_says_nothing_else() {
        let expected: Value = serde_json::from_str(fixture!("call_inbound.answer_reject")).unwrap();
        assert_eq!(json!(InboundAnswer::reject(Channel::Call)), expected);
        assert_eq!(
            json!(InboundAnswer::reject(Channel::Chat)),
            json!({"chat_inbound": {"reject": true}})
        );
    }

    #[test]
    fn answers_are_written_as_in_the_samples() {
        let samples = [
            (Channel::Call, fixture!("call_inbound.answer")),
            (Channel::Chat, fixture!("chat_inbound_sms.answer")),
        ];
        for (channel, sample) in samples {
            let expected: Value = serde_json::from_str(sample).unwrap();
            let sample = &expected[channel.member()];
            let setup = Setup {
                override_agent_id: sample["override_agent_id"].as_str().map(str::to_owned),
                override_agent_version: sample["override_agent_version"]
                    .as_i64()
                    .map(AgentVersion::Number),
                dynamic_variables: serde_json::from_value(sample["dynamic_variables"].clone())
                    .unwrap(),
                metadata: sample["metadata"].as_object().unwrap().clone(),
                agent_override: None,
            };
            assert_eq!(json!(InboundAnswer::connect(channel, setup)), expected);
        }
    }

    #[test]
    fn what_is_not_set_is_not_written() {
        assert_eq!(
            json!(InboundAnswer::connect(Channel::Call, Setup::default())),
            json!({"call_inbound": {}})
        );
        let agent = Map::from_iter([("language".to_owned(), json!(["fr-CA", "en-US"]))]);
        let setup = Setup {
            override_agent_version: Some(AgentVersion::latest_published()),
            agent_override: Some(AgentOverride {
                agent,
                ..AgentOverride::default()
            }),
            ..Setup::default()
        };
        let expected = json!({"call_inbound": {
            "override_agent_version": "latest_published",
            "agent_override": {"agent": {"language": ["fr-CA", "en-US"]}},
        }});
        assert_eq!(
            json!(InboundAnswer::connect(Channel::Call, setup)),
            expected
        );
    }
}
