//! What an operator is shown.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A business, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberRow {
    pub id: Uuid,
    pub slug: String,
    pub business_name: String,
    /// `TRIAL`, `ACTIVE`, `PAST_DUE`, `SUSPENDED` or `CLOSED`.
    pub status: String,
    pub plan: Option<String>,
    pub subscription_status: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When its last conversation began.
    pub last_activity_at: Option<DateTime<Utc>>,
}

/// A request that somebody left with a business.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadRow {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub business_name: String,
    pub contact_id: Option<Uuid>,
    pub interaction_id: Option<Uuid>,
    pub category: String,
    pub urgency: String,
    pub summary: String,
    pub status: String,
    pub flag: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A text that a business sent, and how it fared.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageRow {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub business_name: String,
    pub interaction_id: Uuid,
    pub purpose: String,
    pub from_number: String,
    pub to_number: String,
    pub body: String,
    pub status: String,
    /// Why it was suppressed or failed.
    pub reason: Option<String>,
    pub error_code: Option<i32>,
    pub segments: Option<i32>,
    pub price: Option<Decimal>,
    pub currency: Option<String>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// Somebody's appointment with a business.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentRow {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub business_name: String,
    pub confirmation_code: String,
    pub status: String,
    pub source: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub timezone: String,
    pub service_id: Option<Uuid>,
    pub resource_id: Uuid,
    pub contact_id: Option<Uuid>,
    pub interaction_id: Option<Uuid>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_email: Option<String>,
    pub confirmation_sent: bool,
    pub reminder_sent: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A webhook that was kept: it belongs to nobody, failed by a fault of ours, or waits for its turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptRow {
    pub id: Uuid,
    pub provider: String,
    pub external_id: String,
    pub subscriber_id: Option<Uuid>,
    pub kind: String,
    /// `UNROUTED`, `FAILED` or `WAITING`.
    pub state: String,
    pub error: Option<String>,
    pub received_at: DateTime<Utc>,
}

/// The webhooks that were kept, and beside them the jobs that died: what did not come to its end.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookQueue {
    pub data: Vec<KeptRow>,
    pub next_cursor: Option<String>,
    /// The newest ones; `/admin/jobs` has all.
    pub dead_jobs: Vec<JobRow>,
}

/// A job that will not run again by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRow {
    pub id: Uuid,
    pub kind: String,
    pub lane: String,
    pub subscriber_id: Option<Uuid>,
    /// Ids.
    pub payload: serde_json::Value,
    /// `DEAD`.
    pub state: &'static str,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
}

/// One comparison of records, ledger, balances and sums.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunRow {
    pub id: Uuid,
    /// `SCHEDULE` or `COMMAND`.
    pub cause: String,
    /// `RUNNING`, `DONE` or `FAILED`.
    pub state: String,
    /// Subscribers.
    pub checked: i64,
    pub differences: i64,
    pub corrected: i64,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// Something that an operator should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertRow {
    pub id: Uuid,
    pub subscriber_id: Option<Uuid>,
    pub kind: String,
    /// `INFO`, `WARNING` or `CRITICAL`.
    pub severity: String,
    pub detail: String,
    pub created_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}
