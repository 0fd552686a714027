//! `/availability`: what is free.
use axum::{Json, extract::State};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    super::calcom,
    view::{self, SlotView},
};
use crate::{
    app::AppState,
    billing::rules::midnight,
    identity::Staff,
    kernel::ids::ResourceId,
    scheduling::{model::Asked, offers},
    tenancy::store::booking,
    web::{ApiError, Checks, Problem, Query},
};

/// As many as one answer holds: half a year of busy days, or a month of every resource's.
const MOST_SLOTS: usize = 5_000;

/// Which starts are looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// The first and the last day, in the business's zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Its length and its buffer; else those of the business's settings.
    pub service_id: Option<Uuid>,
    /// Only of this one; else of whichever is free.
    pub resource_id: Option<Uuid>,
    /// In minutes, instead of the service's.
    pub duration: Option<i32>,
    /// The zone of `local`, such as `America/Vancouver`; else the business's.
    pub timezone: Option<String>,
}

/// What is free.
#[derive(Debug, Serialize, ToSchema)]
pub struct Availability {
    /// The zone of `local`.
    pub timezone: String,
    pub slots: Vec<SlotView>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show_availability))
}

/// The starts that can be booked, in order.
#[utoipa::path(get, path = "/availability", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(AvailabilityQuery),
    responses((status = 200, body = Availability), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_availability(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<AvailabilityQuery>,
) -> Result<Json<Availability>, ApiError> {
    check_days(Some(query.from), Some(query.to))?;
    let shown = query.timezone.as_deref().map(read_zone).transpose()?;
    // In whatever zone: a day more on both sides.
    let (from, until) = (begin_of(query.from, Tz::UTC), end_of(query.to, Tz::UTC));
    let day = TimeDelta::days(1);
    let range = (from - day, until + day);
    let wish = calcom::Wish {
        minutes: query.duration,
        ..calcom::Wish::of_service(query.service_id)
    };
    calcom::freshen(&app, staff.subscriber, &wish, range).await;
    let mut tx = staff.begin(&app).await?;
    let rules = booking::find_booking_rules(&mut tx).await?;
    let rules = rules.ok_or_else(ApiError::not_found)?;
    let asked = Asked {
        from: begin_of(query.from, rules.zone),
        until: end_of(query.to, rules.zone),
        service: query.service_id,
        resource: query.resource_id.map(ResourceId),
        duration_minutes: query.duration,
        limit: MOST_SLOTS,
    };
    let offer = offers::offer(&mut tx, &app.keyring, &asked, app.clock.now()).await?;
    // The first resource of a business may have been made here.
    tx.commit().await?;
    let zone = shown.unwrap_or(offer.zone);
    Ok(Json(Availability {
        timezone: zone.name().to_owned(),
        slots: view::slots(&offer.slots, zone),
    }))
}

fn read_zone(text: &str) -> Result<Tz, ApiError> {
    text.trim()
        .parse()
        .map_err(|_| ApiError::invalid("timezone", "is no IANA zone, such as America/Toronto"))
}

/// Days of this time, the last one not before the first.
pub(super) fn check_days(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    for (field, day) in [("from", from), ("to", to)] {
        if day.is_some_and(|day| !(1970..=2200).contains(&day.year())) {
            checks.refuse(field, "is a day of the years 1970 to 2200");
        }
    }
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        checks.refuse("to", "is before from");
    }
    checks.finish()
}

/// The first moment of a day.
pub(super) fn begin_of(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    midnight(date, zone)
}

/// The first moment after it.
pub(super) fn end_of(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    date.succ_opt()
        .map_or(DateTime::<Utc>::MAX_UTC, |next| midnight(next, zone))
}
