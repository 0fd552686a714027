//! What the events say.
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::phone::E164;

/// A call, as far as it is known.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CallFacts {
    pub interaction_id: Uuid,
    pub external_call_id: Option<String>,
    pub direction: String,
    #[schema(value_type = Option<String>)]
    pub from: Option<E164>,
    #[schema(value_type = Option<String>)]
    pub to: Option<E164>,
    pub status: String,
    pub outcome_type: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub duration_seconds: Option<i32>,
    pub ai_handled: bool,
    pub transcript: Option<String>,
    pub summary: Option<String>,
    pub sentiment: Option<String>,
}

/// A text or chat message, in or out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageFacts {
    pub interaction_id: Uuid,
    pub message_id: Uuid,
    pub channel: String,
    pub direction: String,
    #[schema(value_type = Option<String>)]
    pub from: Option<E164>,
    #[schema(value_type = Option<String>)]
    pub to: Option<E164>,
    pub text: String,
    pub status: String,
    pub segments: Option<i32>,
    pub error_code: Option<i32>,
}

/// A person known to the subscriber.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactFacts {
    pub contact_id: Option<Uuid>,
    #[schema(value_type = Option<String>)]
    pub phone: Option<E164>,
    pub source: String,
}

/// A request worth following up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeadFacts {
    pub lead_id: Uuid,
    pub interaction_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    pub category: String,
    pub urgency: String,
    pub summary: String,
}

/// Somebody asks for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HandoffFacts {
    pub interaction_id: Uuid,
    pub channel: String,
    pub reason: Option<String>,
}

/// A booked time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppointmentFacts {
    pub appointment_id: Uuid,
    pub interaction_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    pub status: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub timezone: String,
    pub service: Option<String>,
}

/// How far what is included has been used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageFacts {
    pub usage_type: String,
    pub used: i32,
    pub included: i32,
    pub percent: i32,
}

/// What a subscriber pays for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubscriptionFacts {
    pub plan: String,
    pub status: String,
}

/// A number of ours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberFacts {
    #[schema(value_type = String)]
    pub phone_number: E164,
    pub provider: String,
}

/// A test of an endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TestFacts {
    pub message: String,
}
