//! What Vapi posts to us: `{"message": {"type": …}}`.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    call::{Analysis, Artifact, Assistant, Call, CallStatus, Customer},
    tool_use::{ToolUse, tool_uses},
};
use crate::providers::loose;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A call comes in: who answers?
    AssistantRequest,
    /// The assistant wants tools of ours.
    ToolCalls,
    /// The assistant wants to put the caller through: to whom?
    TransferDestinationRequest,
    StatusUpdate,
    EndOfCallReport,
    /// The assistant is stuck, often waiting for a tool.
    Hang,
    TransferUpdate,
    /// One of many that are of no consequence to us, or that we do not know.
    Other,
}

/// A message, read as far as it goes. There is no event id and no sequence number.
#[derive(Clone, Debug)]
pub struct ServerMessage {
    pub kind: MessageKind,
    pub timestamp: Option<DateTime<Utc>>,
    pub call: Call,
    /// With a status update.
    pub status: Option<String>,
    /// With a transfer.
    pub destination: Option<Destination>,
    pub tools: Vec<ToolUse>,
    body: Body,
}

/// Whereto a call is put through.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// A number, or a `sip:` address.
    #[serde(alias = "sipUri")]
    pub number: String,
}

/// What stands beside the call in some messages, inside it in others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    #[serde(deserialize_with = "loose::or_absent")]
    customer: Option<Customer>,
    #[serde(deserialize_with = "loose::or_absent")]
    phone_number: PhoneNumber,
    #[serde(deserialize_with = "loose::or_absent")]
    assistant: Assistant,
    #[serde(deserialize_with = "loose::moment")]
    started_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "loose::moment")]
    ended_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "loose::text")]
    ended_reason: Option<String>,
    #[serde(deserialize_with = "loose::decimal")]
    cost: Option<Decimal>,
    #[serde(deserialize_with = "loose::decimal")]
    duration_seconds: Option<Decimal>,
    #[serde(deserialize_with = "loose::or_absent")]
    artifact: Option<Artifact>,
    #[serde(deserialize_with = "loose::or_absent")]
    analysis: Option<Analysis>,
    #[serde(deserialize_with = "loose::text")]
    transcript: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    summary: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    recording_url: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    stereo_recording_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PhoneNumber {
    #[serde(deserialize_with = "loose::text")]
    id: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    number: Option<String>,
}

/// A body that is not what Vapi's documentation promises. Says where and never quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("vapi body is not a json object")]
    NotAnObject,
    #[error("vapi body has no member {0}")]
    Missing(&'static str),
}

/// As JSON writes it; it has no other way.
const NUL: &str = "\\u0000";

impl MessageKind {
    /// The name by which Vapi knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssistantRequest => "assistant-request",
            Self::ToolCalls => "tool-calls",
            Self::TransferDestinationRequest => "transfer-destination-request",
            Self::StatusUpdate => "status-update",
            Self::EndOfCallReport => "end-of-call-report",
            Self::Hang => "hang",
            Self::TransferUpdate => "transfer-update",
            Self::Other => "other",
        }
    }

    fn read(name: &str) -> Self {
        match name {
            "assistant-request" => Self::AssistantRequest,
            "tool-calls" | "function-call" => Self::ToolCalls,
            "transfer-destination-request" => Self::TransferDestinationRequest,
            "status-update" => Self::StatusUpdate,
            "end-of-call-report" => Self::EndOfCallReport,
            "hang" => Self::Hang,
            "transfer-update" => Self::TransferUpdate,
            _ => Self::Other,
        }
    }
}

impl ServerMessage {
    /// Reads the body of a message. A NUL, which no text in a database can hold, becomes the sign for what cannot be
    /// shown.
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        let text = str::from_utf8(body).map_err(|_| ParseError::NotAnObject)?;
        let body: Result<Map<String, Value>, _> = match text.contains(NUL) {
            true => serde_json::from_str(&text.replace(NUL, "\\ufffd")),
            false => serde_json::from_str(text),
        };
        let mut body = body.map_err(|_| ParseError::NotAnObject)?;
        let message = body
            .remove("message")
            .ok_or(ParseError::Missing("message"))?;
        Self::read(message)
    }

    pub(super) fn read(message: Value) -> Result<Self, ParseError> {
        let Value::Object(mut members) = message else {
            return Err(ParseError::Missing("message"));
        };
        let name = members.remove("type").and_then(loose::text_of);
        let kind = MessageKind::read(&name.ok_or(ParseError::Missing("type"))?);
        let tools = match kind {
            MessageKind::ToolCalls => tool_uses(&members),
            _ => Vec::new(),
        };
        let mut take = |name: &str| members.remove(name).unwrap_or_default();
        let call = serde_json::from_value(take("call")).unwrap_or_default();
        Ok(Self {
            kind,
            timestamp: loose::moment_of(take("timestamp")),
            call,
            status: loose::text_of(take("status")),
            destination: serde_json::from_value(take("destination")).ok(),
            tools,
            body: serde_json::from_value(Value::Object(members)).unwrap_or_default(),
        })
    }

    /// The report that Vapi would have sent of a call that is over, from the call itself.
    pub fn report_of(call: Call) -> Self {
        Self {
            kind: MessageKind::EndOfCallReport,
            timestamp: call.ended_at,
            call,
            status: None,
            destination: None,
            tools: Vec::new(),
            body: Body::default(),
        }
    }

    pub fn call_id(&self) -> Option<&str> {
        self.call.id.as_deref().filter(|id| !id.is_empty())
    }

    /// Where a status update says the call is.
    pub fn call_status(&self) -> Option<CallStatus> {
        CallStatus::read(self.status.as_deref()?)
    }

    pub fn assistant_id(&self) -> Option<&str> {
        self.call.assistant_id.as_deref()
    }

    /// Vapi's id of the number on our side.
    pub fn number_id(&self) -> Option<&str> {
        let id = self.call.phone_number_id.as_deref();
        id.or(self.body.phone_number.id.as_deref())
    }

    /// The number on our side.
    pub fn our_number(&self) -> Option<&str> {
        self.body.phone_number.number.as_deref()
    }

    /// The number of the person at the other end.
    pub fn their_number(&self) -> Option<&str> {
        let customers = [self.body.customer.as_ref(), self.call.customer.as_ref()];
        let mut customers = customers.into_iter().flatten();
        customers.find_map(|customer| customer.number.as_deref())
    }

    pub fn subscriber_hint(&self) -> Option<&str> {
        let of_call = self.call.subscriber_hint();
        of_call.or_else(|| self.body.assistant.subscriber_hint())
    }

    /// When somebody began to speak; None while nobody has.
    pub fn connected_at(&self) -> Option<DateTime<Utc>> {
        self.body.started_at.or(self.call.started_at)
    }

    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.body.ended_at.or(self.call.ended_at)
    }

    pub fn ended_reason(&self) -> Option<&str> {
        let reason = self.body.ended_reason.as_deref();
        reason.or(self.call.ended_reason.as_deref())
    }

    /// In dollars.
    pub fn cost(&self) -> Option<Decimal> {
        self.body.cost.or(self.call.cost)
    }

    pub fn duration_s(&self) -> Option<Decimal> {
        let by_clock = || {
            let length = self.ended_at()? - self.connected_at()?;
            Some(Decimal::new(length.num_milliseconds().max(0), 3))
        };
        self.body.duration_seconds.or_else(by_clock)
    }

    /// What is left of the call, with what stands beside it in older messages.
    pub fn artifact(&self) -> Artifact {
        let artifact = self.body.artifact.as_ref().or(self.call.artifact.as_ref());
        let mut artifact = artifact.cloned().unwrap_or_default();
        artifact.add_older(
            &self.body.transcript,
            &self.body.recording_url,
            &self.body.stereo_recording_url,
        );
        artifact
    }

    pub fn analysis(&self) -> Analysis {
        let analysis = self.body.analysis.as_ref().or(self.call.analysis.as_ref());
        let mut analysis = analysis.cloned().unwrap_or_default();
        analysis.summary = analysis.summary.or_else(|| self.body.summary.clone());
        analysis
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            ServerMessage::parse(include_bytes!(concat!(
                "../../../tests/data/vapi/",
                $name,
                ".json"
            )))
            .unwrap()
        };
    }

    #[test]
    fn every_sample_is_read() {
        let cases = [
            (fixture!("assistant_request"), MessageKind::AssistantRequest),
            (
                fixture!("assistant_request_iso_timestamp"),
                MessageKind::AssistantRequest,
            ),
            (fixture!("conversation_update"), MessageKind::Other),
            (fixture!("end_of_call_report"), MessageKind::EndOfCallReport),
            (
                fixture!("end_of_call_report_minimal_error"),
                MessageKind::EndOfCallReport,
            ),
            (fixture!("hang"), MessageKind::Hang),
            (fixture!("speech_update"), MessageKind::Other),
            (fixture!("status_update_ended"), MessageKind::StatusUpdate),
            (
                fixture!("status_update_forwarding"),
                MessageKind::StatusUpdate,
            ),
            (
                fixture!("status_update_in_progress"),
                MessageKind::StatusUpdate,
            ),
            (fixture!("status_update_ringing"), MessageKind::StatusUpdate),
            (
                fixture!("tool_calls_book_appointment"),
                MessageKind::ToolCalls,
            ),
            (
                fixture!("tool_calls_check_availability"),
                MessageKind::ToolCalls,
            ),
            (fixture!("tool_calls_flat"), MessageKind::ToolCalls),
            (
                fixture!("tool_calls_string_arguments"),
                MessageKind::ToolCalls,
            ),
            (fixture!("tool_calls_two"), MessageKind::ToolCalls),
            (fixture!("transcript_final"), MessageKind::Other),
            (
                fixture!("transfer_destination_request"),
                MessageKind::TransferDestinationRequest,
            ),
            (fixture!("transfer_update"), MessageKind::TransferUpdate),
        ];
        for (message, kind) in cases {
            assert_eq!(message.kind, kind);
            assert!(message.call_id().is_some(), "{kind:?}");
            assert!(message.timestamp.is_some(), "{kind:?}");
            assert_eq!(message.their_number(), Some("+15145550142"));
            assert_eq!(message.our_number(), Some("+14385550117"));
            assert_eq!(message.tools.is_empty(), kind != MessageKind::ToolCalls);
        }
        assert_eq!(fixture!("tool_calls_two").tools.len(), 2);
        let destination = fixture!("status_update_forwarding").destination.unwrap();
        assert_eq!(destination.number, "+15145550199");
    }

    #[test]
    fn a_report_is_read_whole_and_a_bare_one_as_far_as_it_goes() {
        let report = fixture!("end_of_call_report");
        assert_eq!(report.duration_s().unwrap().to_string(), "89.998");
        assert_eq!(report.cost().unwrap().to_string(), "0.1504");
        assert_eq!(report.artifact().turns().len(), 7);
        assert!(report.analysis().summary.is_some());
        let bare = fixture!("end_of_call_report_minimal_error");
        assert_eq!(bare.duration_s().unwrap().to_string(), "89.998");
        assert!(bare.artifact().turns().is_empty());
        assert!(bare.analysis().summary.is_none() && bare.cost().is_none());
    }

    #[test]
    fn what_stands_beside_the_call_in_older_reports_is_found() {
        let body = json!({"message": {
            "type": "end-of-call-report", "call": {"id": "c"}, "transcript": "AI: Allô\nUser: Oui\n",
            "summary": "Short", "recordingUrl": "https://r/1", "stereoRecordingUrl": "https://r/2",
        }});
        let report = ServerMessage::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!(report.artifact().turns().len(), 2);
        assert_eq!(report.analysis().summary.as_deref(), Some("Short"));
        assert_eq!(report.artifact().mixed_recording().unwrap(), "https://r/1");
        assert_eq!(report.artifact().stereo_recording().unwrap(), "https://r/2");
    }

    #[test]
    fn the_subscriber_that_we_named_is_found_wherever_vapi_puts_it() {
        let named = json!({"metadata": {"subscriber_id": "mine"}});
        for message in [
            json!({"type": "hang", "call": {"id": "c", "metadata": {"tenant_id": "mine"}}}),
            json!({"type": "hang", "call": {"id": "c", "assistantOverrides": named}}),
            json!({"type": "hang", "call": {"id": "c", "assistant": named}}),
            json!({"type": "hang", "call": {"id": "c"}, "assistant": named}),
        ] {
            let read = ServerMessage::read(message.clone()).unwrap();
            assert_eq!(read.subscriber_hint(), Some("mine"), "{message}");
        }
    }

    #[test]
    fn no_odd_member_but_the_type_loses_a_message() {
        let sample: Value = serde_json::from_str(include_str!(
            "../../../tests/data/vapi/end_of_call_report.json"
        ))
        .unwrap();
        let members = sample["message"].as_object().unwrap().keys();
        for member in members.filter(|member| *member != "type") {
            for odd in [
                json!(1.5),
                json!("odd"),
                json!([7]),
                json!({"a": 7}),
                json!(null),
            ] {
                let mut message = sample["message"].clone();
                message[member] = odd;
                assert!(ServerMessage::read(message).is_ok(), "{member}");
            }
        }
        let mut odd_call = sample["message"].clone();
        odd_call["call"]["customer"] = json!("nobody");
        odd_call["call"]["createdAt"] = json!({"a": 1});
        let read = ServerMessage::read(odd_call).unwrap();
        assert!(read.call_id().is_some());
        assert_eq!(read.their_number(), Some("+15145550142"));
    }

    #[test]
    fn an_error_says_where_and_does_not_quote() {
        for (body, expected) in [
            ("secret", "vapi body is not a json object"),
            ("[]", "vapi body is not a json object"),
            ("{}", "vapi body has no member message"),
            (
                r#"{"message": "secret"}"#,
                "vapi body has no member message",
            ),
            (r#"{"message": {}}"#, "vapi body has no member type"),
        ] {
            let error = ServerMessage::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{body}");
        }
    }
}
