//! The tools that every brain has: what a brain may ask for, and how it is answered.
//!
//! A brain names a tool and its arguments (`ToolCall`); whoever runs it answers on one line (`ToolAnswer`). There is no
//! trait between them: a brain *yields* calls and is fed answers, so the tools can be run against a database, over
//! HTTP or from a script. What is known without a database is answered in `answers`.
pub mod answers;
pub mod arguments;
pub mod run;
pub mod keys;
mod appointments;
mod availability;
mod elsewhere;
mod facts;
#[cfg(test)]
mod facts_tests;
mod messages;
mod questions;
mod schema;
mod slots;
mod texts;
pub(super) mod wanted;

pub use messages::{Sender, keep_message};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every tool there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolName {
    GetBusinessInfo,
    ListServices,
    CheckCalendarAvailability,
    BookAppointment,
    FindAppointment,
    RescheduleAppointment,
    CancelAppointment,
    TakeMessage,
    TransferCall,
    SendText,
    OptOut,
}

impl ToolName {
    pub const ALL: [Self; 11] = [
        Self::GetBusinessInfo,
        Self::ListServices,
        Self::CheckCalendarAvailability,
        Self::BookAppointment,
        Self::FindAppointment,
        Self::RescheduleAppointment,
        Self::CancelAppointment,
        Self::TakeMessage,
        Self::TransferCall,
        Self::SendText,
        Self::OptOut,
    ];

    /// The name that providers and models use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GetBusinessInfo => "get_business_info",
            Self::ListServices => "list_services",
            Self::CheckCalendarAvailability => "check_calendar_availability",
            Self::BookAppointment => "book_appointment",
            Self::FindAppointment => "find_appointment",
            Self::RescheduleAppointment => "reschedule_appointment",
            Self::CancelAppointment => "cancel_appointment",
            Self::TakeMessage => "take_message",
            Self::TransferCall => "transfer_call",
            Self::SendText => "send_text",
            Self::OptOut => "opt_out",
        }
    }

    /// Whether something is different afterwards, so that it may not be done twice.
    pub fn has_effect(self) -> bool {
        match self {
            Self::GetBusinessInfo
            | Self::ListServices
            | Self::CheckCalendarAvailability
            | Self::FindAppointment => false,
            Self::BookAppointment
            | Self::RescheduleAppointment
            | Self::CancelAppointment
            | Self::TakeMessage
            | Self::TransferCall
            | Self::SendText
            | Self::OptOut => true,
        }
    }
}

impl std::str::FromStr for ToolName {
    type Err = UnknownTool;

    fn from_str(name: &str) -> Result<Self, UnknownTool> {
        Self::ALL
            .into_iter()
            .find(|tool| tool.as_str() == name)
            .ok_or(UnknownTool)
    }
}

/// A brain asked for a tool that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such tool")]
pub struct UnknownTool;

/// A tool as it is described to a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolSpec {
    pub name: ToolName,
    pub description: &'static str,
    /// A JSON Schema of the arguments.
    pub parameters: Value,
}

/// All tools, described.
pub fn offered() -> Vec<ToolSpec> {
    ToolName::ALL.into_iter().map(schema::spec).collect()
}

/// One request of a brain to do something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique in its conversation, so that a call that comes twice is done once.
    pub id: String,
    pub name: ToolName,
    #[serde(default)]
    pub args: Value,
}

impl ToolCall {
    /// Whether the arguments are an object, or nothing at all. What a model garbled is asked for again.
    pub fn is_readable(&self) -> bool {
        match &self.args {
            Value::Null | Value::Object(_) => true,
            Value::String(text) => {
                text.trim().is_empty()
                    || serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
        }
    }

    /// The arguments as the type of its tool (`arguments`). Nothing at all is the same as an empty object.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let sent = match &self.args {
            // Some models send the object as text inside the JSON.
            Value::String(text) if !text.trim().is_empty() => serde_json::from_str(text)?,
            args => args.clone(),
        };
        let tidied = arguments::tidy(sent.as_object().unwrap_or(&Map::new()));
        T::deserialize(tidied)
    }
}

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolResult {
    Ok,
    NoSlot,
    Booked,
    SlotTaken,
    OutsideHours,
    InThePast,
    Rescheduled,
    Cancelled,
    NotFound,
    NeedsProof,
    /// They have several: the answer names them, and they must say which.
    WhichOne,
    MessageTaken,
    Transferring,
    Sent,
    OptedOut,
    /// The arguments make no sense: the brain may ask again.
    Invalid,
    /// It cannot be done now, whoever asks.
    Unavailable,
}

impl ToolResult {
    /// Those that say that something was done.
    const EFFECTS: [Self; 7] = [
        Self::Booked,
        Self::Rescheduled,
        Self::Cancelled,
        Self::MessageTaken,
        Self::Transferring,
        Self::Sent,
        Self::OptedOut,
    ];

    /// Whether it says that something was done.
    pub fn is_effect(self) -> bool {
        Self::EFFECTS.contains(&self)
    }
}

/// What a brain gets back: a result to decide by and a sentence to speak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    pub result: ToolResult,
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<OfferedSlot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<OfferedSlot>,
    /// What the appointment is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// All that they have, where it is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appointments: Vec<OwnAppointment>,
    /// Why it is not what was wanted, for the black box; the message says it to people.
    #[serde(skip)]
    pub reason: Option<&'static str>,
}

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSlot {
    /// The signed token that books it.
    pub slot: String,
    pub start: DateTime<Utc>,
    pub spoken: String,
}

/// An appointment of whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAppointment {
    pub confirmation_code: String,
    pub start: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    pub spoken: String,
}

impl ToolAnswer {
    /// An answer that is a result and a sentence, and nothing more.
    pub fn new(result: ToolResult, message: impl Into<String>) -> Self {
        Self {
            result,
            message: message.into(),
            slots: Vec::new(),
            confirmation_code: None,
            start: None,
            alternatives: Vec::new(),
            service: None,
            appointments: Vec::new(),
            reason: None,
        }
    }

    /// The same answer, with a reason.
    pub fn because(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// The answer on one line, as Vapi and models want it: line breaks inside are escaped.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("an answer has only text, times and lists")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::arguments::{CheckAvailability, TakeMessage, Urgency};
    use super::*;

    #[test]
    fn every_tool_is_offered_with_an_object_schema_under_the_name_it_serialises_to() {
        for (spec, name) in offered().into_iter().zip(ToolName::ALL) {
            assert_eq!(spec.name, name);
            assert_eq!(json!(name), json!(name.as_str()));
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(spec.parameters["type"], "object", "{name:?}");
            for required in spec.parameters["required"].as_array().into_iter().flatten() {
                assert!(
                    spec.parameters["properties"]
                        .get(required.as_str().unwrap())
                        .is_some(),
                    "{name:?} {required}"
                );
            }
        }
    }

    #[test]
    fn arguments_are_read_however_a_model_sends_them() {
        let call = |args| ToolCall {
            id: "1".into(),
            name: ToolName::TakeMessage,
            args,
        };
        let wanted = TakeMessage {
            message: "Call me".into(),
            urgency: Urgency::High,
            ..TakeMessage::default()
        };
        for args in [
            json!({"message": "Call me", "urgency": "high", "customer_name": "", "made_up": 1}),
            json!("{\"message\":\"Call me\",\"urgency\":\"HIGH\"}"),
        ] {
            assert_eq!(call(args).arguments::<TakeMessage>().unwrap(), wanted);
        }
        for args in [json!(null), json!(""), json!({})] {
            assert_eq!(
                call(args).arguments::<TakeMessage>().unwrap(),
                TakeMessage::default()
            );
        }
        let asked: CheckAvailability =
            call(json!({"duration_minutes": "45", "date": "not a date"}))
                .arguments()
                .unwrap();
        assert_eq!(
            (asked.duration_minutes, asked.date.as_deref()),
            (Some(45), Some("not a date"))
        );
    }

    #[test]
    fn an_answer_is_one_line_and_leaves_out_what_does_not_apply() {
        let answer = ToolAnswer::new(ToolResult::MessageTaken, "Noted.\nThank you.");
        assert_eq!(
            answer.to_line(),
            r#"{"result":"message_taken","message":"Noted.\nThank you."}"#
        );
    }
}
