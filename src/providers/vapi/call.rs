//! A call as Vapi describes it: in messages and in answers of its API.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::providers::loose;

/// A call. Each member may be missing or null, its status can be stale: go by the kind of the message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Call {
    #[serde(deserialize_with = "loose::text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "loose::text", rename = "type")]
    pub call_type: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    pub phone_number_id: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    pub assistant_id: Option<String>,
    #[serde(deserialize_with = "loose::or_absent")]
    pub customer: Option<Customer>,
    /// The carrier's id of the same call.
    #[serde(deserialize_with = "loose::text")]
    pub phone_call_provider_id: Option<String>,
    #[serde(deserialize_with = "loose::moment")]
    pub created_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "loose::moment")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "loose::moment")]
    pub ended_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "loose::text")]
    pub ended_reason: Option<String>,
    /// In dollars.
    #[serde(deserialize_with = "loose::decimal")]
    pub cost: Option<Decimal>,
    #[serde(deserialize_with = "loose::or_absent")]
    pub analysis: Option<Analysis>,
    #[serde(deserialize_with = "loose::or_absent")]
    pub artifact: Option<Artifact>,
    #[serde(deserialize_with = "loose::or_absent")]
    metadata: Map<String, Value>,
    #[serde(deserialize_with = "loose::or_absent")]
    assistant: Assistant,
    #[serde(deserialize_with = "loose::or_absent")]
    assistant_overrides: Assistant,
}

/// How far a call is. The order is that of a call: what is further is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStatus {
    /// Scheduled, queued or ringing.
    Waiting,
    InProgress,
    Forwarding,
    Ended,
}

/// As far as it is ours to know: who somebody is at the other end.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Customer {
    #[serde(deserialize_with = "loose::text")]
    pub number: Option<String>,
}

/// What an assistant was given to remember.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Assistant {
    #[serde(deserialize_with = "loose::or_absent")]
    metadata: Map<String, Value>,
}

/// What Vapi thinks of a call afterwards. All absent where it is switched off, or the call was too short.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Analysis {
    #[serde(deserialize_with = "loose::text")]
    pub summary: Option<String>,
    #[serde(deserialize_with = "loose::or_absent")]
    pub structured_data: Map<String, Value>,
    /// A text whatever the rubric: `true`, `7`, `Good`.
    #[serde(deserialize_with = "loose::text")]
    pub success_evaluation: Option<String>,
}

/// What is left of a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    #[serde(deserialize_with = "loose::list")]
    messages: Vec<Message>,
    #[serde(deserialize_with = "loose::text")]
    pub transcript: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    recording_url: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    stereo_recording_url: Option<String>,
    #[serde(deserialize_with = "loose::or_absent")]
    recording: Recording,
    /// By the id of the output, in newer assistants.
    #[serde(deserialize_with = "loose::or_absent")]
    structured_outputs: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recording {
    #[serde(deserialize_with = "loose::text")]
    stereo_url: Option<String>,
    #[serde(deserialize_with = "loose::or_absent")]
    mono: Mono,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Mono {
    #[serde(deserialize_with = "loose::text")]
    combined_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Message {
    #[serde(deserialize_with = "loose::text")]
    role: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    message: Option<String>,
    #[serde(deserialize_with = "loose::moment")]
    time: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "value")]
    tool_calls: Value,
    #[serde(deserialize_with = "loose::text")]
    name: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    result: Option<String>,
}

/// What somebody said, or a tool did.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub role: TurnRole,
    pub text: String,
    pub at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnRole {
    Assistant,
    Caller,
    Tool,
}

fn value<'de, D: Deserializer<'de>>(source: D) -> Result<Value, D::Error> {
    Value::deserialize(source)
}

impl CallStatus {
    /// None: a status that says nothing of a call's course (`not-found`, `deletion-failed`), or that we do not know.
    pub fn read(status: &str) -> Option<Self> {
        Some(match status {
            "scheduled" | "queued" | "ringing" => Self::Waiting,
            "in-progress" => Self::InProgress,
            "forwarding" => Self::Forwarding,
            "ended" => Self::Ended,
            _ => return None,
        })
    }
}

impl Call {
    /// Whether Vapi says that nothing more will happen in it.
    pub fn is_over(&self) -> bool {
        self.status.as_deref() == Some("ended") || self.ended_at.is_some()
    }

    pub fn is_outbound(&self) -> bool {
        self.call_type.as_deref() == Some("outboundPhoneCall")
    }

    /// The subscriber that we named when the call came in; tools set up before the rename say `tenant_id`.
    pub(super) fn subscriber_hint(&self) -> Option<&str> {
        let places = [
            &self.metadata,
            &self.assistant_overrides.metadata,
            &self.assistant.metadata,
        ];
        places.into_iter().find_map(hint)
    }
}

impl Assistant {
    pub(super) fn subscriber_hint(&self) -> Option<&str> {
        hint(&self.metadata)
    }
}

fn hint(metadata: &Map<String, Value>) -> Option<&str> {
    let text = |name| {
        let text = metadata.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    text("subscriber_id").or_else(|| text("tenant_id"))
}

impl Artifact {
    /// The turns, without what we told the assistant before; from the messages, else from the plain transcript.
    pub fn turns(&self) -> Vec<Turn> {
        let turns: Vec<Turn> = self.messages.iter().flat_map(Message::turns).collect();
        match &self.transcript {
            Some(transcript) if turns.is_empty() => turns_of_text(transcript),
            _ => turns,
        }
    }

    /// What older messages have beside the artifact.
    pub(super) fn add_older(
        &mut self,
        transcript: &Option<String>,
        recording: &Option<String>,
        stereo: &Option<String>,
    ) {
        if self.transcript.is_none() {
            self.transcript.clone_from(transcript);
        }
        if self.mixed_recording().is_none() {
            self.recording_url.clone_from(recording);
        }
        if self.stereo_recording().is_none() {
            self.stereo_recording_url.clone_from(stereo);
        }
    }

    /// One track with everybody on it.
    pub fn mixed_recording(&self) -> Option<&String> {
        let url = self.recording_url.as_ref();
        url.or(self.recording.mono.combined_url.as_ref())
    }

    /// A track for each side.
    pub fn stereo_recording(&self) -> Option<&String> {
        let url = self.stereo_recording_url.as_ref();
        url.or(self.recording.stereo_url.as_ref())
    }

    /// Results of structured outputs by their names.
    pub fn outputs(&self) -> Map<String, Value> {
        let outputs = self.structured_outputs.values();
        outputs
            .filter_map(|output| {
                let name = output.get("name")?.as_str()?;
                Some((name.to_owned(), output.get("result")?.clone()))
            })
            .collect()
    }
}

impl Message {
    fn turns(&self) -> Vec<Turn> {
        let turn = |role, text: String| Turn {
            role,
            text,
            at: self.time,
        };
        let said = || self.message.clone().unwrap_or_default();
        match self.role.as_deref() {
            Some("bot" | "assistant") if !said().is_empty() => {
                vec![turn(TurnRole::Assistant, said())]
            }
            Some("user") if !said().is_empty() => vec![turn(TurnRole::Caller, said())],
            Some("tool_calls") => {
                let message =
                    Map::from_iter([("toolCallList".to_owned(), self.tool_calls.clone())]);
                let uses = super::tool_use::tool_uses(&message);
                let text = |tool: super::ToolUse| format!("{}: {}", tool.name, tool.arguments);
                uses.into_iter()
                    .map(|tool| turn(TurnRole::Tool, text(tool)))
                    .collect()
            }
            Some("tool_call_result") => {
                let name = self.name.as_deref().unwrap_or("tool");
                let result = self.result.clone().unwrap_or_default();
                vec![turn(TurnRole::Tool, format!("{name}: {result}"))]
            }
            // The system's is our own prompt.
            _ => Vec::new(),
        }
    }
}

/// Lines that begin with a speaker; others belong to the line before them.
fn turns_of_text(transcript: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for line in transcript.lines().filter(|line| !line.trim().is_empty()) {
        let said = [("AI: ", TurnRole::Assistant), ("User: ", TurnRole::Caller)]
            .into_iter()
            .find_map(|(speaker, role)| Some((role, line.strip_prefix(speaker)?)));
        match (said, turns.last_mut()) {
            (Some((role, text)), _) => turns.push(Turn {
                role,
                text: text.to_owned(),
                at: None,
            }),
            (None, Some(before)) => {
                before.text.push('\n');
                before.text.push_str(line);
            }
            (None, None) => {}
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Call {
        serde_json::from_str(include_str!(
            "../../../tests/data/vapi/api_get_call.response.json"
        ))
        .unwrap()
    }

    #[test]
    fn a_full_call_is_read() {
        let call = sample();
        assert!(call.is_over() && !call.is_outbound());
        assert_eq!(
            call.customer.unwrap().number.as_deref(),
            Some("+15145550142")
        );
        assert_eq!(call.cost.unwrap().to_string(), "0.1504");
        let analysis = call.analysis.unwrap();
        assert_eq!(analysis.structured_data["outcome"], "booked");
        assert_eq!(analysis.success_evaluation.as_deref(), Some("true"));
        let artifact = call.artifact.unwrap();
        let turns = artifact.turns();
        let roles: Vec<_> = turns.iter().map(|turn| turn.role).collect();
        use TurnRole::{Assistant, Caller, Tool};
        assert_eq!(
            roles,
            [Assistant, Caller, Tool, Tool, Assistant, Caller, Assistant]
        );
        assert!(turns[2].text.starts_with("check_calendar_availability: {"));
        assert_eq!(turns[0].at.unwrap().timestamp_millis(), 1_794_841_203_300);
        assert!(artifact.mixed_recording().unwrap().ends_with("-mono.wav"));
        assert!(
            artifact
                .stereo_recording()
                .unwrap()
                .ends_with("-stereo.wav")
        );
    }

    #[test]
    fn a_plain_transcript_is_read_line_by_line() {
        let artifact = Artifact {
            transcript: Some("AI: Un: deux\ntrois\n\nUser: Oui\nAI: Merci\n".into()),
            ..Artifact::default()
        };
        let turns = artifact.turns();
        let told: Vec<_> = turns
            .iter()
            .map(|turn| (turn.role, turn.text.as_str()))
            .collect();
        let expected = [
            (TurnRole::Assistant, "Un: deux\ntrois"),
            (TurnRole::Caller, "Oui"),
            (TurnRole::Assistant, "Merci"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn structured_outputs_are_known_by_their_names() {
        let artifact: Artifact = serde_json::from_value(json!({"structuredOutputs": {
            "0191": {"name": "outcome", "result": "booked"}, "0192": {"name": "odd"}, "0193": 7,
        }}))
        .unwrap();
        assert_eq!(
            Value::Object(artifact.outputs()),
            json!({"outcome": "booked"})
        );
    }

    #[test]
    fn statuses_have_the_order_of_a_call() {
        let read = CallStatus::read;
        assert!(read("queued") == read("ringing") && read("ringing") < read("in-progress"));
        assert!(read("in-progress") < read("forwarding") && read("forwarding") < read("ended"));
        assert_eq!(read("not-found"), None);
    }
}
