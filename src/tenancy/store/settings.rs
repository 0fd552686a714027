//! What a business says of itself, as its settings show it: subscribers and subscriber_profiles.
use chrono::{DateTime, Utc};

use super::super::model::{ClosedAnswer, RecordingMode, SubscriberStatus};
use crate::kernel::{
    db::{TenantTx, Tx},
    language::Language,
    phone::E164,
};

/// The settings, all of them.
#[derive(Clone, Debug)]
pub struct BusinessSettings {
    pub slug: String,
    pub status: SubscriberStatus,
    pub business_name: String,
    pub business_phone: Option<E164>,
    pub business_type: Option<String>,
    pub industry: Option<String>,
    pub website_url: Option<String>,
    pub business_description: Option<String>,
    pub owner_name: Option<String>,
    pub owner_phone: Option<E164>,
    pub owner_email: Option<String>,
    pub timezone: String,
    pub language: Language,
    pub custom_greeting: Option<String>,
    pub agent_tone: String,
    pub voice_id: Option<String>,
    pub transfer_number: Option<E164>,
    pub standard_fee: Option<String>,
    pub emergency_fee: Option<String>,
    pub schedule_summary: Option<String>,
    pub business_address: Option<String>,
    pub cal_com_url: Option<String>,
    pub appointment_duration_minutes: i32,
    pub is_booking_enabled: bool,
    pub booking_lead_minutes: i32,
    pub booking_horizon_days: i32,
    pub is_sms_enabled: bool,
    pub recording_mode: RecordingMode,
    pub recording_consent_text: Option<String>,
    pub after_hours: ClosedAnswer,
    pub on_holidays: ClosedAnswer,
    pub staff_ring_seconds: i32,
}

pub async fn find_settings(tx: &mut TenantTx) -> sqlx::Result<Option<BusinessSettings>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        BusinessSettings,
        r#"select s.slug, s.status as "status: _", s.business_name, p.business_phone as "business_phone: _",
                  s.business_type, s.industry, s.website_url, s.business_description, p.owner_name,
                  p.owner_phone as "owner_phone: _", p.owner_email, p.timezone, p.language as "language: _",
                  p.custom_greeting, p.agent_tone, p.voice_id, p.transfer_number as "transfer_number: _",
                  p.standard_fee, p.emergency_fee, p.schedule_summary, p.business_address, p.cal_com_url,
                  p.appointment_duration_minutes, p.is_booking_enabled, p.is_sms_enabled,
                  p.recording_mode as "recording_mode: _", p.recording_consent_text,
                  p.after_hours as "after_hours: _", p.on_holidays as "on_holidays: _", p.staff_ring_seconds,
                  p.booking_lead_minutes, p.booking_horizon_days
             from subscribers s join subscriber_profiles p on p.subscriber_id = s.id
            where s.id = $1"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Keeps others from changing the settings until the transaction ends: of two who change different members at once
/// neither undoes the other.
pub async fn lock_settings(tx: &mut TenantTx) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "select id from subscriber_profiles where subscriber_id = $1 for no key update",
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// Writes the settings as they shall be from now on.
pub async fn update_settings(
    tx: &mut TenantTx,
    to: &BusinessSettings,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update subscribers
            set business_name = $2, business_type = $3, industry = $4, website_url = $5, business_description = $6,
                updated_at = $7
          where id = $1",
        subscriber as _,
        to.business_name,
        to.business_type,
        to.industry,
        to.website_url,
        to.business_description,
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update subscriber_profiles
            set business_phone = $2, owner_name = $3, owner_phone = $4, owner_email = $5, timezone = $6,
                language = $7, custom_greeting = $8, agent_tone = $9, voice_id = $10, transfer_number = $11,
                standard_fee = $12, emergency_fee = $13, schedule_summary = $14, cal_com_url = $15,
                appointment_duration_minutes = $16, is_booking_enabled = $17, is_sms_enabled = $18,
                recording_mode = $19, recording_consent_text = $20, updated_at = $21,
                after_hours = $22, on_holidays = $23, staff_ring_seconds = $24,
                booking_lead_minutes = $25, booking_horizon_days = $26, business_address = $27
          where subscriber_id = $1",
        subscriber as _,
        to.business_phone.as_ref() as _,
        to.owner_name,
        to.owner_phone.as_ref() as _,
        to.owner_email,
        to.timezone,
        to.language as _,
        to.custom_greeting,
        to.agent_tone,
        to.voice_id,
        to.transfer_number.as_ref() as _,
        to.standard_fee,
        to.emergency_fee,
        to.schedule_summary,
        to.cal_com_url,
        to.appointment_duration_minutes,
        to.is_booking_enabled,
        to.is_sms_enabled,
        to.recording_mode as _,
        to.recording_consent_text,
        now,
        to.after_hours as _,
        to.on_holidays as _,
        to.staff_ring_seconds,
        to.booking_lead_minutes,
        to.booking_horizon_days,
        to.business_address,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
