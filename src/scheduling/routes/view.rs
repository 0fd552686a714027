//! Slots and appointments, as they are shown.
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::phone::E164,
    scheduling::model::{Appointment, AppointmentStatus, BookingSource, OfferedSlot},
    tenancy::model::zone,
};

/// A start that is free.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// Books this start; good for 15 minutes.
    pub slot: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The start on the clocks of the zone that was asked for, with its offset.
    #[schema(format = DateTime)]
    pub local: String,
    pub resource_id: Uuid,
}

/// In the order in which they come.
pub fn slots(slots: &[OfferedSlot], zone: Tz) -> Vec<SlotView> {
    let view = |slot: &OfferedSlot| SlotView {
        slot: slot.token.clone(),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        local: slot
            .starts_at
            .with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::Secs, false),
        resource_id: slot.resource.0,
    };
    slots.iter().map(view).collect()
}

/// A booked time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    pub id: Uuid,
    /// By which the person proves that it is theirs.
    pub confirmation_code: String,
    pub status: AppointmentStatus,
    pub source: BookingSource,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The business's zone when it was booked: that of the two members below.
    pub timezone: String,
    pub appointment_date: NaiveDate,
    #[schema(example = "14:30")]
    pub appointment_time: String,
    /// In minutes.
    pub duration: i64,
    pub purpose: Option<String>,
    pub service_id: Option<Uuid>,
    pub resource_id: Uuid,
    pub contact_id: Option<Uuid>,
    pub customer_name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub customer_phone: Option<E164>,
    pub customer_email: Option<String>,
    pub call_sid: Option<String>,
    pub interaction_id: Option<Uuid>,
    /// A reminder of this start is on its way or was sent.
    pub reminder_sent: bool,
    pub confirmation_sent: bool,
    pub notes: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl AppointmentView {
    pub fn of(row: Appointment) -> Self {
        let local = row.starts_at.with_timezone(&zone(&row.timezone));
        Self {
            id: row.id.0,
            duration: row.duration_minutes(),
            confirmation_code: row.confirmation_code,
            status: row.status,
            source: row.source,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            timezone: row.timezone,
            appointment_date: local.date_naive(),
            appointment_time: local.format("%H:%M").to_string(),
            purpose: row.purpose,
            service_id: row.service,
            resource_id: row.resource.0,
            contact_id: row.contact.map(|id| id.0),
            customer_name: row.customer_name,
            customer_phone: row.customer_phone,
            customer_email: row.customer_email,
            call_sid: row.call_sid,
            interaction_id: row.interaction.map(|id| id.0),
            reminder_sent: row.reminder_sent,
            confirmation_sent: row.confirmation_sent,
            notes: row.notes,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
