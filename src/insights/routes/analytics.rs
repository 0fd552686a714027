//! Trends over a range.
use axum::{Json, extract::State};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    billing,
    identity::Staff,
    insights::{
        model::{DaySums, HourCount, LanguageCount, MetricsRow, Sums},
        range::{Range, RangeQuery},
        store,
    },
    kernel::db::TenantTx,
    tenancy::Channel,
    web::{ApiError, Problem, Query},
};

/// The most days at once: hours and languages are counted from an entry per conversation.
const MOST_DAYS: u64 = 92;

/// How a business did over a range of days, and how it did in as many days before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Analytics {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// In which the days and hours are counted.
    pub timezone: String,
    pub totals: MetricsRow,
    /// As many days, right before these.
    pub previous: MetricsRow,
    /// Every day of the range, also one on which nothing happened.
    pub by_day: Vec<MetricsRow>,
    /// Every hour of the day, all days together.
    pub by_hour: Vec<HourCount>,
    pub by_channel: Vec<MetricsRow>,
    pub by_language: Vec<LanguageCount>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show_analytics))
}

/// Trends by day, hour, channel, outcome and language; 92 days at most.
#[utoipa::path(get, path = "/analytics", tag = "dashboard", security(("bearer" = ["STAFF"])), params(RangeQuery),
    responses((status = 200, body = Analytics), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn show_analytics(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Analytics>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let zone = store::find_zone(&mut tx).await?;
    let today = billing::rules::local_day(app.clock.now(), zone);
    let range = Range::of(&query, today, MOST_DAYS)?;
    let both = Range {
        from: range.before().from,
        to: range.to,
    };
    let rows = store::list_sums(&mut tx, both, query.channel).await?;
    let by_hour = store::count_hours(&mut tx, range, query.channel, zone).await?;
    let by_language = store::count_languages(&mut tx, range, query.channel).await?;
    tx.end_reading();
    let (rows, before): (Vec<DaySums>, Vec<DaySums>) =
        rows.into_iter().partition(|row| range.contains(row.day));
    let currency = &app.settings.billing_currency;
    let row = |date, channel, sums: &Sums| MetricsRow::of(date, channel, sums, currency);
    let days = range.from.iter_days().take_while(|day| *day <= range.to);
    let channels = [Channel::Voice, Channel::Sms, Channel::Chat, Channel::Email];
    Ok(Json(Analytics {
        from: range.from,
        to: range.to,
        timezone: zone.name().to_owned(),
        totals: row(None, query.channel, &Sums::of(&rows)),
        previous: row(None, query.channel, &Sums::of(&before)),
        by_day: days
            .map(|day| {
                let of_day = rows.iter().filter(|row| row.day == day);
                row(Some(day), query.channel, &Sums::of(of_day))
            })
            .collect(),
        by_hour,
        by_channel: channels
            .into_iter()
            .filter(|channel| rows.iter().any(|row| row.channel == *channel))
            .map(|channel| {
                let of_channel = rows.iter().filter(|row| row.channel == channel);
                row(None, Some(channel), &Sums::of(of_channel))
            })
            .collect(),
        by_language,
    }))
}
