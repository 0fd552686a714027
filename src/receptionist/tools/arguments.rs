//! The arguments of each tool, read tolerantly: models send numbers as text, leave blanks, and invent members.
//!
//! Dates and times stay text here: what they mean depends on the subscriber's zone, which the tool knows.
use serde::{Deserialize, Deserializer, Serialize};

/// `get_business_info`: facts, spoken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BusinessInfo {
    /// What is asked, in any words ("hours", "open tomorrow?", "prix du débouchage").
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub topic: Option<String>,
}

/// `check_calendar_availability`: which times are free.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckAvailability {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub date: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub to: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub part_of_day: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub service: Option<String>,
    #[serde(
        deserialize_with = "number_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration_minutes: Option<u32>,
}

/// `book_appointment`: a slot that was offered, or a start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BookAppointment {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub slot: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub start: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_name: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_phone: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_email: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub service: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<String>,
}

/// `find_appointment`: by its code or by the phone that booked it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindAppointment {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub confirmation_code: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_phone: Option<String>,
}

/// `reschedule_appointment`: to a slot that was offered, or a start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RescheduleAppointment {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub slot: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub start: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub confirmation_code: Option<String>,
}

/// `cancel_appointment`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelAppointment {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub confirmation_code: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<String>,
}

/// `take_message`: becomes a lead. Without a message it is `invalid`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeMessage {
    pub message: String,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_name: Option<String>,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_phone: Option<String>,
    pub urgency: Urgency,
    pub category: Category,
}

/// `transfer_call`: a person takes over; in writing, the conversation is handed to staff.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferCall {
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<String>,
}

/// `send_text`: a text to the caller, of a known kind or in free words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendText {
    pub kind: String,
    #[serde(
        deserialize_with = "text_or_none",
        skip_serializing_if = "Option::is_none"
    )]
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

/// A blank is nothing; a number is its digits.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Text(text)) if !text.trim().is_empty() => Some(text),
        Some(Loose::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}

fn number_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Text(text)) => text.trim().parse().ok(),
        Some(Loose::Number(number)) => number.as_u64().and_then(|number| number.try_into().ok()),
        _ => None,
    })
}

/// What stands where a text or a number was expected.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Text(String),
    Number(serde_json::Number),
    Other(serde::de::IgnoredAny),
}
