//! What Retell posts to our webhook: events of calls and chats, and calls of our tools.
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    call::{Call, TransferDestination},
    chat::Chat,
    function::FunctionCall,
};
use crate::providers::loose;

/// A webhook whose signature was checked.
#[derive(Clone, Debug)]
pub enum WebhookEvent {
    Call(Box<CallEvent>),
    Chat(Box<ChatEvent>),
    /// The agent wants a tool of ours and waits for the answer.
    Function(Box<FunctionCall>),
    /// An event that we do not know: acknowledge it, or it comes again.
    Unknown {
        event: String,
    },
    /// It is signed and says that it is an event, but not of what: keep it, or it is lost.
    UnreadableEvent(ParseError),
    /// A tool is wanted, and nobody can tell for whom or how; the agent waits all the same.
    UnreadableFunction(ParseError),
}

/// News of a call. They can come twice and, when one is retried, in the wrong order.
#[derive(Clone, Debug)]
pub struct CallEvent {
    pub kind: CallEventKind,
    pub call: Call,
    /// Only with transfers.
    pub transfer_destination: Option<TransferDestination>,
    pub event_timestamp: Option<DateTime<Utc>>,
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEventKind {
    /// Not sent for a call that never connects.
    Started,
    Ended,
    /// Holds everything that the others hold, and the analysis.
    Analyzed,
    TranscriptUpdated,
    TransferStarted,
    TransferBridged,
    TransferCancelled,
    TransferEnded,
}

/// News of a chat.
#[derive(Clone, Debug)]
pub struct ChatEvent {
    pub kind: ChatEventKind,
    pub chat: Chat,
    pub event_timestamp: Option<DateTime<Utc>>,
}

/// What happened to a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatEventKind {
    Started,
    Ended,
    Analyzed,
}

/// A body that is not what Retell's documentation promises. Says where and never quotes: a body is somebody's talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("retell body is not a json object")]
    NotAnObject,
    #[error("retell body has no member {0}")]
    Missing(&'static str),
    #[error("retell member {0} cannot be read")]
    Unreadable(&'static str),
}

/// As JSON writes it; it has no other way.
const NUL: &str = "\\u0000";

/// The members of a body, to be taken out one by one.
pub(super) type Members = Map<String, Value>;

impl WebhookEvent {
    /// Reads the body of a webhook.
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        let mut members = members(body)?;
        let mut named = |name| members.remove(name).and_then(loose::text_of);
        if let Some(event) = named("event") {
            return Ok(Self::read_event(event, members).unwrap_or_else(Self::UnreadableEvent));
        }
        let name = named("name").ok_or(ParseError::Missing("event"))?;
        let call = FunctionCall::read(name, members);
        Ok(call.map_or_else(Self::UnreadableFunction, |call| {
            Self::Function(Box::new(call))
        }))
    }

    fn read_event(event: String, mut members: Members) -> Result<Self, ParseError> {
        if let Some(kind) = CallEventKind::read(&event) {
            Ok(Self::Call(Box::new(CallEvent::read(kind, members)?)))
        } else if let Some(kind) = ChatEventKind::read(&event) {
            Ok(Self::Chat(Box::new(ChatEvent {
                kind,
                chat: take(&mut members, "chat")?.ok_or(ParseError::Missing("chat"))?,
                event_timestamp: take_timestamp(&mut members),
            })))
        } else {
            Ok(Self::Unknown { event })
        }
    }
}

impl CallEvent {
    /// What the guides show beside the call is accepted inside it too.
    fn read(kind: CallEventKind, mut members: Members) -> Result<Self, ParseError> {
        let mut call: Call = take(&mut members, "call")?.ok_or(ParseError::Missing("call"))?;
        if call.transcript_with_tool_calls.is_empty() {
            let beside = members.remove("transcript_with_tool_calls");
            call.transcript_with_tool_calls = loose::list_of(beside.unwrap_or_default());
        }
        let beside = members
            .get("transfer_destination")
            .and_then(TransferDestination::read);
        let transfer_destination = beside.or_else(|| call.transfer_destination.clone());
        Ok(Self {
            kind,
            call,
            transfer_destination,
            event_timestamp: take_timestamp(&mut members),
        })
    }
}

impl CallEventKind {
    /// The name by which Retell knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "call_started",
            Self::Ended => "call_ended",
            Self::Analyzed => "call_analyzed",
            Self::TranscriptUpdated => "transcript_updated",
            Self::TransferStarted => "transfer_started",
            Self::TransferBridged => "transfer_bridged",
            Self::TransferCancelled => "transfer_cancelled",
            Self::TransferEnded => "transfer_ended",
        }
    }

    fn read(event: &str) -> Option<Self> {
        Some(match event {
            "call_started" => Self::Started,
            "call_ended" => Self::Ended,
            "call_analyzed" => Self::Analyzed,
            "transcript_updated" => Self::TranscriptUpdated,
            "transfer_started" => Self::TransferStarted,
            "transfer_bridged" => Self::TransferBridged,
            "transfer_cancelled" => Self::TransferCancelled,
            "transfer_ended" => Self::TransferEnded,
            _ => return None,
        })
    }
}

impl ChatEventKind {
    /// The name by which Retell knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "chat_started",
            Self::Ended => "chat_ended",
            Self::Analyzed => "chat_analyzed",
        }
    }

    fn read(event: &str) -> Option<Self> {
        Some(match event {
            "chat_started" => Self::Started,
            "chat_ended" => Self::Ended,
            "chat_analyzed" => Self::Analyzed,
            _ => return None,
        })
    }
}

/// The members of a body that must be a JSON object.
pub(super) fn members(body: &[u8]) -> Result<Members, ParseError> {
    match value(body)? {
        Value::Object(members) => Ok(members),
        _ => Err(ParseError::NotAnObject),
    }
}

/// A body that must be JSON. A NUL, which no text in a database can hold, becomes the sign for what cannot be shown: a
/// whole call is not lost for it.
pub(super) fn value(body: &[u8]) -> Result<Value, ParseError> {
    let text = str::from_utf8(body).map_err(|_| ParseError::NotAnObject)?;
    let read = match text.contains(NUL) {
        true => serde_json::from_str(&text.replace(NUL, "\\ufffd")),
        false => serde_json::from_str(text),
    };
    read.map_err(|_| ParseError::NotAnObject)
}

/// Takes a member out and reads it; `null` is the same as absent.
pub(super) fn take<T: DeserializeOwned>(
    members: &mut Members,
    name: &'static str,
) -> Result<Option<T>, ParseError> {
    let member = members.remove(name).unwrap_or_default();
    serde_json::from_value(member).map_err(|_| ParseError::Unreadable(name))
}

/// The moment of an event, which is not guaranteed.
pub(super) fn take_timestamp(members: &mut Members) -> Option<DateTime<Utc>> {
    members.remove("event_timestamp").and_then(loose::moment_of)
}

/// The subscriber named in metadata; agents set up before the rename still send `tenant_id`.
pub(super) fn subscriber_hint(metadata: &Map<String, Value>) -> Option<&str> {
    let text = |name| {
        metadata
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    text("subscriber_id").or_else(|| text("tenant_id"))
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

    fn call_event(body: &str) -> CallEvent {
        match WebhookEvent::parse(body.as_bytes()) {
            Ok(WebhookEvent::Call(event)) => *event,
            other => panic!("not a call event: {other:?}"),
        }
    }

    #[test]
    fn every_call_event_is_read() {
        let cases = [
            (fixture!("call_started"), CallEventKind::Started),
            (fixture!("call_started_web"), CallEventKind::Started),
            (fixture!("call_ended"), CallEventKind::Ended),
            (
                fixture!("call_ended_concurrency_error"),
                CallEventKind::Ended,
            ),
            (fixture!("call_ended_not_connected"), CallEventKind::Ended),
            (fixture!("call_ended_opt_out"), CallEventKind::Ended),
            (fixture!("call_analyzed"), CallEventKind::Analyzed),
            (
                fixture!("transcript_updated"),
                CallEventKind::TranscriptUpdated,
            ),
            (fixture!("transfer_started"), CallEventKind::TransferStarted),
            (fixture!("transfer_bridged"), CallEventKind::TransferBridged),
            (
                fixture!("transfer_cancelled"),
                CallEventKind::TransferCancelled,
            ),
            (fixture!("transfer_ended"), CallEventKind::TransferEnded),
        ];
        for (body, kind) in cases {
            let event = call_event(body);
            assert_eq!(event.kind, kind);
            assert!(
                event.call.call_id.starts_with("call_") && event.event_timestamp.is_some(),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn every_chat_event_is_read() {
        let cases = [
            (fixture!("chat_started"), ChatEventKind::Started, 0),
            (fixture!("chat_ended"), ChatEventKind::Ended, 6),
            (fixture!("chat_analyzed"), ChatEventKind::Analyzed, 6),
        ];
        for (body, kind, turns) in cases {
            let Ok(WebhookEvent::Chat(event)) = WebhookEvent::parse(body.as_bytes()) else {
                panic!("{kind:?}")
            };
            assert_eq!((event.kind, event.chat.turns().len()), (kind, turns));
            assert_eq!(event.chat.subscriber_hint(), Some("tnt_01HBOREALE"));
        }
    }

    #[test]
    fn a_web_call_has_no_numbers_and_an_opted_out_call_no_metadata() {
        let web = call_event(fixture!("call_started_web")).call;
        assert_eq!((web.from_number, web.to_number), (None, None));
        let opted_out = call_event(fixture!("call_ended_opt_out")).call;
        assert!(opted_out.metadata.is_empty() && opted_out.recording_url.is_some());
        assert_eq!(opted_out.turns().len(), 2);
    }

    #[test]
    fn members_beside_the_call_are_found() {
        let updated = call_event(fixture!("transcript_updated")).call;
        assert_eq!(
            (
                updated.transcript_with_tool_calls.len(),
                updated.turns().len()
            ),
            (2, 2)
        );
        let transfer = call_event(fixture!("transfer_started"));
        assert_eq!(
            transfer.transfer_destination.unwrap().number,
            "+15145550199"
        );
        let inside = call_event(
            r#"{"event": "transfer_started", "call": {"call_id": "c", "transfer_destination": "+1"}}"#,
        );
        assert_eq!(inside.transfer_destination.unwrap().number, "+1");
    }

    #[test]
    fn an_unknown_event_is_no_error_whatever_it_holds() {
        let event = WebhookEvent::parse(br#"{"event": "call_paused", "call": 7}"#);
        assert!(matches!(event, Ok(WebhookEvent::Unknown { event }) if event == "call_paused"));
    }

    #[test]
    fn an_error_says_where_and_does_not_quote() {
        let cases = [
            ("secret", "retell body is not a json object"),
            ("[]", "retell body is not a json object"),
            ("{}", "retell body has no member event"),
            (
                r#"{"event": ["secret"]}"#,
                "retell body has no member event",
            ),
        ];
        for (body, expected) in cases {
            let error = WebhookEvent::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{body}");
        }
        let cases = [
            (
                r#"{"event": "call_ended"}"#,
                "retell body has no member call",
            ),
            (
                r#"{"event": "call_ended", "call": null}"#,
                "retell body has no member call",
            ),
            (
                r#"{"event": "call_ended", "call": {"secret": 1}}"#,
                "retell member call cannot be read",
            ),
            (
                r#"{"event": "chat_ended", "chat": {"chat_id": 1}}"#,
                "retell member chat cannot be read",
            ),
        ];
        for (body, expected) in cases {
            match WebhookEvent::parse(body.as_bytes()) {
                Ok(WebhookEvent::UnreadableEvent(error)) => {
                    assert_eq!(error.to_string(), expected, "{body}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    /// The odd values stand where the samples have something else.
    #[test]
    fn no_odd_member_but_the_id_loses_a_call_or_a_chat() {
        let sample = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (name, key, sample) in [
            ("call", "call_id", sample(fixture!("call_analyzed"))),
            ("chat", "chat_id", sample(fixture!("chat_analyzed"))),
        ] {
            let members: Vec<_> = sample[name].as_object().unwrap().keys().collect();
            for member in members.into_iter().filter(|member| *member != key) {
                for odd in [
                    json!(1.5),
                    json!("odd"),
                    json!([7]),
                    json!({ "a": 7 }),
                    json!(true),
                ] {
                    let mut event = sample.clone();
                    event[name][member] = odd;
                    let event = WebhookEvent::parse(event.to_string().as_bytes());
                    assert!(
                        matches!(event, Ok(WebhookEvent::Call(_) | WebhookEvent::Chat(_))),
                        "{member}: {event:?}"
                    );
                }
            }
        }
    }
}
