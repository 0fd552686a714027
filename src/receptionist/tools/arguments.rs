//! The arguments of each tool, read tolerantly: models send numbers as text, leave blanks, and invent members. [`tidy`]
//! makes them alike before they are read.
//!
//! Dates and times stay text here: what they mean depends on the subscriber's zone, which the tool knows.
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// `get_business_info`: facts, spoken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BusinessInfo {
    /// What is asked, in any words ("hours", "open tomorrow?", "prix du débouchage").
    pub topic: Option<String>,
    /// What it is about, where the question itself does not name it ("how much is that?").
    pub service: Option<String>,
}

/// `check_calendar_availability`: which times are free.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckAvailability {
    pub date: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub part_of_day: Option<String>,
    pub service: Option<String>,
    #[serde(deserialize_with = "number")]
    pub duration_minutes: Option<u32>,
}

/// `book_appointment`: a slot that was offered, or a start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BookAppointment {
    pub slot: Option<String>,
    pub start: Option<String>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_email: Option<String>,
    pub service: Option<String>,
    pub reason: Option<String>,
}

/// `find_appointment`: by its code or by the phone that booked it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindAppointment {
    pub confirmation_code: Option<String>,
    pub customer_phone: Option<String>,
}

/// `reschedule_appointment`: to a slot that was offered, or a start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RescheduleAppointment {
    pub slot: Option<String>,
    pub start: Option<String>,
    pub confirmation_code: Option<String>,
}

/// `cancel_appointment`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelAppointment {
    pub confirmation_code: Option<String>,
}

/// `take_message`: becomes a lead. Without a message it is `invalid`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeMessage {
    pub message: String,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub urgency: Urgency,
    pub category: Category,
}

/// `transfer_call`: a person takes over; in writing, the conversation is handed to staff.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferCall {
    pub reason: Option<String>,
}

/// `opt_out`: of the number that the caller has, or else of the one that they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptOut {
    pub customer_phone: Option<String>,
}

/// `send_text`: a text to the caller, of a known kind or in free words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendText {
    pub kind: String,
    pub text: Option<String>,
}

/// How soon somebody should read a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", from = "String")]
pub enum Urgency {
    Low,
    #[default]
    Normal,
    High,
}

impl From<String> for Urgency {
    fn from(text: String) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "low" => Self::Low,
            "high" | "urgent" | "emergency" | "critical" => Self::High,
            _ => Self::Normal,
        }
    }
}

/// What a message is about, for the list of leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", from = "String")]
pub enum Category {
    Appointment,
    Reschedule,
    Cancel,
    Confirm,
    Quote,
    Support,
    #[default]
    General,
}

impl From<String> for Category {
    fn from(text: String) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "appointment" | "booking" => Self::Appointment,
            "reschedule" | "rescheduling" => Self::Reschedule,
            "cancel" | "cancellation" => Self::Cancel,
            "confirm" | "confirmation" => Self::Confirm,
            "quote" | "estimate" | "pricing" => Self::Quote,
            "support" | "complaint" | "emergency" => Self::Support,
            _ => Self::General,
        }
    }
}

/// A number, after [`tidy`] has made it text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// What a model sent, as texts: numbers are their digits; blanks and whatever else is nothing.
pub fn tidy(arguments: &Map<String, Value>) -> Value {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let tidied = arguments
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), Value::String(text(value)?))));
    Value::Object(tidied.collect())
}
