//! The figures of the dashboard.
use axum::{Json, extract::State};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::{App, AppState},
    billing::{self, account},
    identity::Staff,
    insights::{
        model::{DaySums, Metrics, MetricsRow, Sums},
        range::{Range, RangeQuery, first_of_month},
        store,
    },
    kernel::db::TenantTx,
    scheduling::store::lists,
    tenancy::Channel,
    web::{ApiError, Problem, Query},
};

/// What a dashboard shows first. Months and days are the subscriber's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stats {
    pub calls_today: i64,
    pub calls_month: i64,
    /// Calls of this month.
    pub answered: i64,
    /// Calls of this month.
    pub missed: i64,
    /// Conversations of this month, on any channel, that ended in a booking.
    pub booked: i64,
    /// In and out.
    pub messages_month: i64,
    pub minutes_used: i32,
    pub minutes_included: i32,
    pub appointments_today: i64,
    /// Of this month, that nobody has taken up.
    pub new_leads: i64,
    #[schema(value_type = String)]
    pub balance: Decimal,
    pub currency: String,
}

/// The same of the month before, as far as this one has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviousStats {
    pub calls_month: i64,
    pub answered: i64,
    pub missed: i64,
    pub booked: i64,
    pub messages_month: i64,
    pub billed_minutes: i64,
}

/// What a dashboard shows first, with what to compare it to.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsEnhanced {
    #[serde(flatten)]
    pub stats: Stats,
    pub previous: PreviousStats,
    /// Of this month: a row for each day and channel on which something happened.
    pub by_day: Vec<MetricsRow>,
}

/// Rows, all of them at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricsList {
    pub data: Vec<MetricsRow>,
    pub next_cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_stats))
        .routes(routes!(show_dashboard_stats))
        .routes(routes!(show_stats_enhanced))
        .routes(routes!(show_call_metrics))
        .routes(routes!(list_metrics))
        .routes(routes!(show_metrics))
}

/// What a dashboard shows first.
#[utoipa::path(get, path = "/dashboard/stats", tag = "dashboard", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Stats), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_stats(State(app): State<AppState>, staff: Staff) -> Result<Json<Stats>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let (_, _, stats) = stats(&mut tx, &app).await?;
    tx.end_reading();
    Ok(Json(stats))
}

/// The same, under its older name.
#[utoipa::path(get, path = "/dashboard-stats", tag = "dashboard", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Stats), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_dashboard_stats(app: State<AppState>, staff: Staff) -> Result<Json<Stats>, ApiError> {
    show_stats(app, staff).await
}

/// What a dashboard shows first, the month before, and each day.
#[utoipa::path(get, path = "/dashboard/stats-enhanced", tag = "dashboard", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = StatsEnhanced), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_stats_enhanced(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<StatsEnhanced>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let (today, rows, stats) = stats(&mut tx, &app).await?;
    let before = store::list_sums(&mut tx, Range::month_before(today), None).await?;
    tx.end_reading();
    let calls = calls(&before);
    let all = Sums::of(&before);
    Ok(Json(StatsEnhanced {
        previous: PreviousStats {
            calls_month: calls.interactions,
            answered: calls.answered,
            missed: calls.missed,
            booked: all.booked,
            messages_month: all.messages_in + all.messages_out,
            billed_minutes: all.billed_minutes,
        },
        by_day: rows_of(&rows, &stats.currency),
        stats,
    }))
}

/// Sums of calls; of another channel if one is named.
#[utoipa::path(get, path = "/dashboard/calls/metrics", tag = "dashboard", security(("bearer" = ["STAFF"])),
    params(RangeQuery),
    responses((status = 200, body = Metrics), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn show_call_metrics(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Metrics>, ApiError> {
    let query = RangeQuery {
        channel: Some(query.channel.unwrap_or(Channel::Voice)),
        ..query
    };
    let rows = read_sums(&app, &staff, &query).await?;
    let currency = &app.settings.billing_currency;
    Ok(Json(Metrics::of(&Sums::of(&rows), currency)))
}

/// Sums by day and channel, of the days and channels on which something happened.
#[utoipa::path(get, path = "/dashboard/metrics", tag = "dashboard", security(("bearer" = ["STAFF"])),
    params(RangeQuery),
    responses((status = 200, body = MetricsList), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_metrics(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<RangeQuery>,
) -> Result<Json<MetricsList>, ApiError> {
    let rows = read_sums(&app, &staff, &query).await?;
    Ok(Json(MetricsList {
        data: rows_of(&rows, &app.settings.billing_currency),
        // A range has its limit; there is no second page.
        next_cursor: None,
    }))
}

/// The sums of all those days and channels together.
#[utoipa::path(get, path = "/dashboard/metrics/aggregated", tag = "dashboard", security(("bearer" = ["STAFF"])),
    params(RangeQuery),
    responses((status = 200, body = MetricsRow), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn show_metrics(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<RangeQuery>,
) -> Result<Json<MetricsRow>, ApiError> {
    let rows = read_sums(&app, &staff, &query).await?;
    let sums = Sums::of(&rows);
    let currency = &app.settings.billing_currency;
    Ok(Json(MetricsRow::of(None, query.channel, &sums, currency)))
}

async fn read_sums(app: &App, staff: &Staff, query: &RangeQuery) -> Result<Vec<DaySums>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let zone = store::find_zone(&mut tx).await?;
    let today = billing::rules::local_day(app.clock.now(), zone);
    let range = Range::of_sums(query, today)?;
    let rows = store::list_sums(&mut tx, range, query.channel).await?;
    tx.end_reading();
    Ok(rows)
}

/// Today, the rows of this month, and what they and the account come to.
async fn stats(tx: &mut TenantTx, app: &App) -> Result<(NaiveDate, Vec<DaySums>, Stats), ApiError> {
    let zone = store::find_zone(tx).await?;
    let today = billing::rules::local_day(app.clock.now(), zone);
    let month = Range::month_until(today);
    let rows = store::list_sums(tx, month, None).await?;
    let first = first_of_month(today);
    let begins_at = billing::rules::midnight(first, zone);
    let new_leads = store::count_new_leads(tx, begins_at, app.clock.now()).await?;
    let tomorrow = today.succ_opt().unwrap_or(today);
    let (from, until) = (
        billing::rules::midnight(today, zone),
        billing::rules::midnight(tomorrow, zone),
    );
    let appointments_today = lists::count_appointments(tx, from, until).await?;
    let standing = account::find_standing(tx, first).await?;
    let standing = standing.ok_or_else(ApiError::not_found)?;
    let (all, of_month) = (Sums::of(&rows), calls(&rows));
    let of_today = calls(rows.iter().filter(|row| row.day == today));
    let stats = Stats {
        calls_today: of_today.interactions,
        calls_month: of_month.interactions,
        answered: of_month.answered,
        missed: of_month.missed,
        booked: all.booked,
        messages_month: all.messages_in + all.messages_out,
        minutes_used: standing.used_minutes,
        minutes_included: standing.included_minutes,
        appointments_today,
        new_leads,
        balance: standing.balance.normalize(),
        currency: standing.currency,
    };
    Ok((today, rows, stats))
}

fn calls<'a>(rows: impl IntoIterator<Item = &'a DaySums>) -> Sums {
    let voice = rows.into_iter();
    Sums::of(voice.filter(|row| row.channel == Channel::Voice))
}

fn rows_of(rows: &[DaySums], currency: &str) -> Vec<MetricsRow> {
    rows.iter()
        .map(|row| MetricsRow::of(Some(row.day), Some(row.channel), &row.sums, currency))
        .collect()
}
