//! What a business says of itself: profile, hours, holidays, services.
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::zone;
use crate::kernel::{
    db::{TenantTx, Tx},
    language::Language,
    phone::E164,
};

/// A business, as its tables hold it.
#[derive(Clone, Debug)]
pub struct BusinessProfile {
    pub business_name: String,
    /// In the owner's words: "Dental clinic", "PLUMBING".
    pub business_type: Option<String>,
    pub industry: Option<String>,
    pub website_url: Option<String>,
    pub zone: Tz,
    pub language: Language,
    pub greeting: Option<String>,
    pub agent_tone: String,
    pub business_phone: Option<E164>,
    pub transfer_number: Option<E164>,
    pub standard_fee: Option<String>,
    pub emergency_fee: Option<String>,
    pub schedule_summary: Option<String>,
    pub address: Option<String>,
    pub cal_com_url: Option<String>,
    pub is_booking_enabled: bool,
    pub hours: Vec<HoursRow>,
    pub holidays: Vec<HolidayRow>,
    pub services: Vec<ServiceRow>,
}

/// One span of a weekday (`MON` to `SUN`).
#[derive(Clone, Debug, Deserialize)]
pub struct HoursRow {
    pub day: String,
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HolidayRow {
    pub date: NaiveDate,
    pub name: String,
    pub is_closed: bool,
    pub opens: Option<NaiveTime>,
    pub closes: Option<NaiveTime>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServiceRow {
    pub id: Uuid,
    pub name: String,
    pub duration_minutes: i32,
    pub price: Option<Decimal>,
    pub currency: String,
}

/// Everything that a receptionist may say of a business, in one statement: a caller waits. Of the holidays, those that
/// are still to come.
pub async fn find_business(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<BusinessProfile>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"select s.business_name, s.business_type, s.industry, s.website_url, p.timezone, p.language as "language: Language",
                  p.custom_greeting, p.agent_tone, p.business_phone as "business_phone: E164",
                  p.transfer_number as "transfer_number: E164", p.standard_fee, p.emergency_fee,
                  p.schedule_summary, p.business_address, p.cal_com_url, p.is_booking_enabled,
                  array(select row_to_json(h) from (
                      select day, opens, closes from business_hours
                       where subscriber_id = $1 order by opens limit 50) as h
                  ) as "hours!: Vec<Json<HoursRow>>",
                  array(select row_to_json(h) from (
                      select date, name, is_closed, opens, closes from holidays
                       where subscriber_id = $1 and date >= $2::timestamptz::date - 1 order by date limit 400) as h
                  ) as "holidays!: Vec<Json<HolidayRow>>",
                  array(select row_to_json(o) from (
                      select id, name, duration_minutes, price, currency from services
                       where subscriber_id = $1 and is_active order by name limit 200) as o
                  ) as "services!: Vec<Json<ServiceRow>>"
             from subscribers s join subscriber_profiles p on p.subscriber_id = s.id
            where s.id = $1"#,
        subscriber as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| BusinessProfile {
        business_name: row.business_name,
        business_type: row.business_type,
        industry: row.industry,
        website_url: row.website_url,
        zone: zone(&row.timezone),
        language: row.language,
        greeting: row.custom_greeting,
        agent_tone: row.agent_tone,
        business_phone: row.business_phone,
        transfer_number: row.transfer_number,
        standard_fee: row.standard_fee,
        emergency_fee: row.emergency_fee,
        schedule_summary: row.schedule_summary,
        address: row.business_address,
        cal_com_url: row.cal_com_url,
        is_booking_enabled: row.is_booking_enabled,
        hours: plain(row.hours),
        holidays: plain(row.holidays),
        services: plain(row.services),
    }))
}

fn plain<T>(rows: Vec<Json<T>>) -> Vec<T> {
    rows.into_iter().map(|Json(row)| row).collect()
}
