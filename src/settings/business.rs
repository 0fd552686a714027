//! `/settings`: what the business says of itself and how its receptionist speaks.
use axum::{Json, extract::State};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    audit_change, changed_members,
    speech::{self, HEARD_IN_GREETING, PrepareGreeting},
};
use crate::{
    app::AppState,
    identity::{Admin, Caller, Staff},
    jobs,
    kernel::phone::E164,
    tenancy::{
        ClosedAnswer, RecordingMode, SubscriberStatus,
        store::settings::{self, BusinessSettings},
    },
    web::{ApiError, Body, Checks, Member, Problem},
};

/// How long an appointment may be, in minutes.
const DURATIONS: std::ops::RangeInclusive<i64> = 5..=480;
/// How soon somebody may come: at once, or in a month.
const LEADS: std::ops::RangeInclusive<i64> = 0..=43_200;
/// How far ahead somebody may book.
const HORIZONS: std::ops::RangeInclusive<i64> = 1..=365;

/// How long somebody is rung, in seconds: the owner's carrier must not forward the call back to us meanwhile.
const RINGS: std::ops::RangeInclusive<i64> = 5..=12;

/// What a business says of itself, and how its receptionist speaks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settings {
    pub subscriber_id: Uuid,
    pub slug: String,
    pub status: SubscriberStatus,
    pub business_name: String,
    #[schema(value_type = Option<String>)]
    pub business_phone: Option<E164>,
    pub business_type: Option<String>,
    pub industry: Option<String>,
    pub website_url: Option<String>,
    pub business_description: Option<String>,
    pub owner_name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub owner_phone: Option<E164>,
    pub owner_email: Option<String>,
    /// An IANA zone, such as `America/Toronto`.
    pub timezone: String,
    /// `en`, `fr` or `es`.
    pub language: &'static str,
    pub custom_greeting: Option<String>,
    pub agent_tone: String,
    pub voice_id: Option<String>,
    #[schema(value_type = Option<String>)]
    pub transfer_number: Option<E164>,
    /// As the receptionist says it: `$129`, `129.00 CAD`.
    pub standard_fee: Option<String>,
    pub emergency_fee: Option<String>,
    pub schedule_summary: Option<String>,
    /// Where the business is, as the receptionist says it.
    pub business_address: Option<String>,
    pub cal_com_url: Option<String>,
    /// In minutes.
    pub appointment_duration: i32,
    pub booking_enabled: bool,
    /// How soon somebody may come, at the earliest, in minutes.
    pub booking_lead_minutes: i32,
    /// How many days ahead somebody may book.
    pub booking_horizon_days: i32,
    pub sms_notifications: bool,
    pub recording_mode: RecordingMode,
    /// What a caller is told before a recording begins; our own words when there are none.
    pub recording_consent_text: Option<String>,
    /// What a caller gets while the business is closed, on calls that we answer ourselves.
    pub after_hours: ClosedAnswer,
    /// The same on a day on which it is closed.
    pub on_holidays: ClosedAnswer,
    /// How long a person is rung before the call goes on: 5 to 12 seconds.
    pub staff_ring_seconds: i32,
}

/// What shall be otherwise: left out means unchanged, null or blank means cleared where it may be empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsUpdate {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub business_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub business_phone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub business_type: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub industry: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub website_url: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub business_description: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub owner_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub owner_phone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub owner_email: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub timezone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub language: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub custom_greeting: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub agent_tone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub voice_id: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub transfer_number: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub standard_fee: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub emergency_fee: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub schedule_summary: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub business_address: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cal_com_url: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub appointment_duration: Member<i64>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub booking_enabled: Member<bool>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub booking_lead_minutes: Member<i64>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub booking_horizon_days: Member<i64>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub sms_notifications: Member<bool>,
    #[serde(default)]
    #[schema(value_type = Option<RecordingMode>)]
    pub recording_mode: Member<RecordingMode>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub recording_consent_text: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<ClosedAnswer>)]
    pub after_hours: Member<ClosedAnswer>,
    #[serde(default)]
    #[schema(value_type = Option<ClosedAnswer>)]
    pub on_holidays: Member<ClosedAnswer>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub staff_ring_seconds: Member<i64>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "subscriber_id")]
    #[schema(ignore)]
    _subscriber_id: IgnoredAny,
    #[serde(default, rename = "slug")]
    #[schema(ignore)]
    _slug: IgnoredAny,
    #[serde(default, rename = "status")]
    #[schema(ignore)]
    _status: IgnoredAny,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_settings, update_settings))
        .routes(routes!(show_dashboard_settings))
}

/// The settings of the business.
#[utoipa::path(get, path = "/settings", tag = "settings", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Settings), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_settings(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<Settings>, ApiError> {
    show(&app, &staff).await
}

/// The same under its older path.
#[utoipa::path(get, path = "/dashboard/settings", tag = "dashboard", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Settings), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_dashboard_settings(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<Settings>, ApiError> {
    show(&app, &staff).await
}

async fn show(app: &AppState, caller: &Caller) -> Result<Json<Settings>, ApiError> {
    let mut tx = caller.begin(app).await?;
    let found = settings::find_settings(&mut tx).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(Settings::of(caller, &found)))
}

/// Changes some of the settings.
#[utoipa::path(put, path = "/settings", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = SettingsUpdate,
    responses((status = 200, body = Settings), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn update_settings(
    State(app): State<AppState>,
    admin: Admin,
    Body(update): Body<SettingsUpdate>,
) -> Result<Json<Settings>, ApiError> {
    let is_unknown_voice = speech::is_unknown_voice(&app, &admin, &update.voice_id).await?;
    let mut tx = admin.begin(&app).await?;
    settings::lock_settings(&mut tx).await?;
    let before = settings::find_settings(&mut tx).await?;
    let before = before.ok_or_else(ApiError::not_found)?;
    let mut after = before.clone();
    update.apply(&mut after, is_unknown_voice)?;
    let (before, view) = (Settings::of(&admin, &before), Settings::of(&admin, &after));
    let changed = changed_members(&before, &view);
    if !changed.is_empty() {
        settings::update_settings(&mut tx, &after, app.clock.now()).await?;
        let is_greeting_other = changed
            .iter()
            .any(|name| HEARD_IN_GREETING.contains(&name.as_str()));
        if app.elevenlabs.is_some() && is_greeting_other {
            let subscriber = admin.subscriber;
            jobs::enqueue(&mut tx, &PrepareGreeting { subscriber });
        }
        audit_change(&mut tx, &app, &admin, "settings.updated", None, changed).await?;
    }
    tx.commit().await?;
    Ok(Json(view))
}

impl SettingsUpdate {
    fn apply(self, to: &mut BusinessSettings, is_unknown_voice: bool) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        let line = |longest| {
            move |checks: &mut Checks, field: &str, text: String| checks.line(field, &text, longest)
        };
        let words = |longest| {
            move |checks: &mut Checks, field: &str, text: String| {
                checks.words(field, &text, longest)
            }
        };
        let phone = |checks: &mut Checks, field: &str, text: String| checks.phone(field, &text);
        let url = |checks: &mut Checks, field: &str, text: String| checks.https_url(field, &text);
        let email = |checks: &mut Checks, field: &str, text: String| checks.email(field, &text);
        checks.set_required(
            &mut to.business_name,
            "business_name",
            self.business_name,
            line(200),
        );
        checks.set(
            &mut to.business_phone,
            "business_phone",
            self.business_phone,
            phone,
        );
        checks.set(
            &mut to.business_type,
            "business_type",
            self.business_type,
            line(100),
        );
        checks.set(&mut to.industry, "industry", self.industry, line(100));
        checks.set(&mut to.website_url, "website_url", self.website_url, url);
        let field = "business_description";
        checks.set(
            &mut to.business_description,
            field,
            self.business_description,
            words(4000),
        );
        checks.set(&mut to.owner_name, "owner_name", self.owner_name, line(200));
        checks.set(&mut to.owner_phone, "owner_phone", self.owner_phone, phone);
        checks.set(&mut to.owner_email, "owner_email", self.owner_email, email);
        checks.set_required(&mut to.timezone, "timezone", self.timezone, zone);
        checks.set_required(
            &mut to.language,
            "language",
            self.language,
            |checks, field, text| {
                let read = text.trim().parse();
                read.map_err(|error: &str| checks.refuse(field, error)).ok()
            },
        );
        checks.set(
            &mut to.custom_greeting,
            "custom_greeting",
            self.custom_greeting,
            words(1000),
        );
        checks.set_required(&mut to.agent_tone, "agent_tone", self.agent_tone, line(100));
        checks.set(&mut to.voice_id, "voice_id", self.voice_id, line(100));
        if is_unknown_voice {
            checks.refuse("voice_id", "is no voice that ElevenLabs has");
        }
        checks.set(
            &mut to.transfer_number,
            "transfer_number",
            self.transfer_number,
            phone,
        );
        checks.set(&mut to.standard_fee, "standard_fee", self.standard_fee, fee);
        checks.set(
            &mut to.emergency_fee,
            "emergency_fee",
            self.emergency_fee,
            fee,
        );
        checks.set(
            &mut to.schedule_summary,
            "schedule_summary",
            self.schedule_summary,
            words(1000),
        );
        checks.set(
            &mut to.business_address,
            "business_address",
            self.business_address,
            words(200),
        );
        checks.set(&mut to.cal_com_url, "cal_com_url", self.cal_com_url, url);
        let (target, field) = (&mut to.appointment_duration_minutes, "appointment_duration");
        checks.set_required(
            target,
            field,
            self.appointment_duration,
            within(DURATIONS, "minutes"),
        );
        let (target, field) = (&mut to.booking_lead_minutes, "booking_lead_minutes");
        checks.set_required(
            target,
            field,
            self.booking_lead_minutes,
            within(LEADS, "minutes"),
        );
        let (target, field) = (&mut to.booking_horizon_days, "booking_horizon_days");
        checks.set_required(
            target,
            field,
            self.booking_horizon_days,
            within(HORIZONS, "days"),
        );
        checks.set_required(
            &mut to.is_booking_enabled,
            "booking_enabled",
            self.booking_enabled,
            as_it_is,
        );
        checks.set_required(
            &mut to.is_sms_enabled,
            "sms_notifications",
            self.sms_notifications,
            as_it_is,
        );
        checks.set_required(
            &mut to.recording_mode,
            "recording_mode",
            self.recording_mode,
            as_it_is,
        );
        let field = "recording_consent_text";
        checks.set(
            &mut to.recording_consent_text,
            field,
            self.recording_consent_text,
            words(500),
        );
        checks.set_required(
            &mut to.after_hours,
            "after_hours",
            self.after_hours,
            as_it_is,
        );
        checks.set_required(
            &mut to.on_holidays,
            "on_holidays",
            self.on_holidays,
            as_it_is,
        );
        checks.set_required(
            &mut to.staff_ring_seconds,
            "staff_ring_seconds",
            self.staff_ring_seconds,
            |checks, field, seconds| {
                let fits = RINGS
                    .contains(&seconds)
                    .then(|| i32::try_from(seconds).ok());
                if fits.is_none() {
                    checks.refuse(field, "is 5 to 12 seconds");
                }
                fits.flatten()
            },
        );
        checks.finish()
    }
}

fn within(
    range: std::ops::RangeInclusive<i64>,
    unit: &'static str,
) -> impl FnOnce(&mut Checks, &str, i64) -> Option<i32> {
    move |checks, field, number| {
        let fits = range.contains(&number).then(|| i32::try_from(number).ok());
        if fits.is_none() {
            let (least, most) = range.into_inner();
            checks.refuse(field, format!("is {least} to {most} {unit}"));
        }
        fits.flatten()
    }
}

fn as_it_is<T>(_checks: &mut Checks, _field: &str, value: T) -> Option<T> {
    Some(value)
}

fn zone(checks: &mut Checks, field: &str, text: String) -> Option<String> {
    match text.trim().parse::<Tz>() {
        Ok(zone) => Some(zone.name().to_owned()),
        Err(_) => {
            checks.refuse(field, "is no IANA zone, such as America/Toronto");
            None
        }
    }
}

/// A fee is spoken as it is written, so it is words; but no amount is below nothing.
fn fee(checks: &mut Checks, field: &str, text: String) -> Option<String> {
    let text = checks.line(field, &text, 60)?;
    let amount = text.trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.'));
    if amount
        .parse::<Decimal>()
        .is_ok_and(|amount| amount < Decimal::ZERO)
    {
        checks.refuse(field, "is below nothing");
        return None;
    }
    Some(text)
}

impl Settings {
    fn of(caller: &Caller, row: &BusinessSettings) -> Self {
        let row = row.clone();
        Self {
            subscriber_id: caller.subscriber.0,
            slug: row.slug,
            status: row.status,
            business_name: row.business_name,
            business_phone: row.business_phone,
            business_type: row.business_type,
            industry: row.industry,
            website_url: row.website_url,
            business_description: row.business_description,
            owner_name: row.owner_name,
            owner_phone: row.owner_phone,
            owner_email: row.owner_email,
            timezone: row.timezone,
            language: row.language.code(),
            custom_greeting: row.custom_greeting,
            agent_tone: row.agent_tone,
            voice_id: row.voice_id,
            transfer_number: row.transfer_number,
            standard_fee: row.standard_fee,
            emergency_fee: row.emergency_fee,
            schedule_summary: row.schedule_summary,
            business_address: row.business_address,
            cal_com_url: row.cal_com_url,
            appointment_duration: row.appointment_duration_minutes,
            booking_enabled: row.is_booking_enabled,
            booking_lead_minutes: row.booking_lead_minutes,
            booking_horizon_days: row.booking_horizon_days,
            sms_notifications: row.is_sms_enabled,
            recording_mode: row.recording_mode,
            recording_consent_text: row.recording_consent_text,
            after_hours: row.after_hours,
            on_holidays: row.on_holidays,
            staff_ring_seconds: row.staff_ring_seconds,
        }
    }
}
