//! How a business may be booked, from its profile.
use chrono_tz::Tz;

use super::super::model::zone;
use crate::kernel::{
    db::{TenantTx, Tx},
    language::Language,
};

/// The rules of booking that are one business's.
#[derive(Clone, Debug)]
pub struct BookingRules {
    pub business_name: String,
    pub zone: Tz,
    pub language: Language,
    pub is_booking_enabled: bool,
    /// Whether people are texted about their appointments.
    pub is_sms_enabled: bool,
    /// Of an appointment without a service.
    pub duration_minutes: i32,
    /// How soon somebody may come, at the earliest.
    pub lead_minutes: i32,
    /// How many days ahead somebody may book.
    pub horizon_days: i32,
}

pub async fn find_booking_rules(tx: &mut TenantTx) -> sqlx::Result<Option<BookingRules>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"select s.business_name, p.timezone, p.language as "language: Language", p.is_booking_enabled,
                  p.is_sms_enabled, p.appointment_duration_minutes, p.booking_lead_minutes, p.booking_horizon_days
             from subscribers s join subscriber_profiles p on p.subscriber_id = s.id
            where s.id = $1"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| BookingRules {
        business_name: row.business_name,
        zone: zone(&row.timezone),
        language: row.language,
        is_booking_enabled: row.is_booking_enabled,
        is_sms_enabled: row.is_sms_enabled,
        duration_minutes: row.appointment_duration_minutes,
        lead_minutes: row.booking_lead_minutes,
        horizon_days: row.booking_horizon_days,
    }))
}
