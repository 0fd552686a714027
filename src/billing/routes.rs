//! What a subscriber used, what it paid and how it stands. Only reads, where dashboards read.
use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    account::{self, LedgerRow, Standing, UsageRow, Window},
    model::UsageType,
    rules,
};
use crate::{
    app::{App, AppState},
    identity::Staff,
    kernel::{
        db::TenantTx,
        page::{Cursor, Page},
    },
    tenancy::model::zone,
    web::{
        ApiError, Problem, Query,
        csv::{self, Cell, Format, Table},
        paging,
    },
};

/// The plan and what is left of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionStatus {
    /// `FREE`, `CORE`, `PRO`, `ELITE` or `SCALE`.
    pub plan: String,
    /// `TRIALING`, `ACTIVE`, `PAST_DUE` or `CANCELLED`.
    pub status: String,
    pub current_period_start: DateTime<Utc>,
    pub current_period_end: DateTime<Utc>,
    pub cancel_at_period_end: bool,
    pub included_minutes: i32,
    pub used_minutes: i32,
    pub included_texts: i32,
    pub used_texts: i32,
    /// Whether more than what is included may be used, and paid for.
    pub is_overage_enabled: bool,
}

/// What is left, and what was used so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditBalance {
    #[schema(value_type = String)]
    pub balance: Decimal,
    pub currency: String,
    pub monthly_free_minutes: i32,
    pub free_minutes_used: i32,
    /// When the next month begins.
    pub free_minutes_reset_date: NaiveDate,
    #[schema(value_type = String)]
    pub per_minute_rate: Decimal,
    pub total_minutes_used: i64,
    #[schema(value_type = String)]
    pub total_amount_spent: Decimal,
    pub last_usage_date: Option<DateTime<Utc>>,
    pub low_balance_notified: bool,
}

/// Which usage.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// At most 200; 50 if nothing is said.
    limit: Option<i64>,
    cursor: Option<String>,
    /// The first day, in the subscriber's zone.
    from: Option<NaiveDate>,
    /// The last day, in the subscriber's zone.
    to: Option<NaiveDate>,
    usage_type: Option<UsageType>,
    /// `csv` for a table of up to 10,000 rows.
    format: Option<Format>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LedgerQuery {
    /// At most 200; 50 if nothing is said.
    limit: Option<i64>,
    cursor: Option<String>,
    /// The first day, in the subscriber's zone.
    from: Option<NaiveDate>,
    /// The last day, in the subscriber's zone.
    to: Option<NaiveDate>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_subscription_status))
        .routes(routes!(show_credit_balance))
        .routes(routes!(list_usage))
        .routes(routes!(list_ledger))
}

/// The plan, this month's units, and when they begin anew.
#[utoipa::path(get, path = "/subscription-status", tag = "billing", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = SubscriptionStatus), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_subscription_status(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<SubscriptionStatus>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let (standing, month) = stand(&mut tx, &app).await?;
    tx.end_reading();
    Ok(Json(SubscriptionStatus {
        plan: standing.plan,
        status: standing.status.unwrap_or_else(|| "ACTIVE".to_owned()),
        current_period_start: month.begins_at,
        current_period_end: month.ends_at,
        // A subscription is changed where it is paid for, and nobody does that here yet.
        cancel_at_period_end: false,
        included_minutes: standing.included_minutes,
        used_minutes: standing.used_minutes,
        included_texts: standing.included_texts,
        used_texts: standing.used_texts,
        is_overage_enabled: standing.is_overage_enabled,
    }))
}

/// The prepaid balance and the free minutes of this month.
#[utoipa::path(get, path = "/credits/balance", tag = "billing", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = CreditBalance), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_credit_balance(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<CreditBalance>, ApiError> {
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let (standing, month) = stand(&mut tx, &app).await?;
    let spent = account::find_spent(&mut tx).await?;
    tx.end_reading();
    Ok(Json(CreditBalance {
        balance: standing.balance.normalize(),
        currency: standing.currency,
        monthly_free_minutes: standing.included_minutes,
        free_minutes_used: standing.used_minutes.min(standing.included_minutes),
        free_minutes_reset_date: month.next,
        per_minute_rate: standing.per_minute.normalize(),
        total_minutes_used: spent.minutes,
        total_amount_spent: spent.price.normalize(),
        last_usage_date: spent.last_usage_at,
        // Nobody is told of a low balance yet.
        low_balance_notified: false,
    }))
}

/// What was used, newest first: of a usage that was corrected its last revision.
#[utoipa::path(get, path = "/billing/usage", tag = "billing", security(("bearer" = ["STAFF"])), params(UsageQuery),
    responses((status = 200, body = inline(Page<UsageRow>)), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_usage(
    State(app): State<AppState>,
    staff: Staff,
    headers: HeaderMap,
    Query(query): Query<UsageQuery>,
) -> Result<Response, ApiError> {
    let is_table = csv::is_wanted(query.format, &headers);
    let (mut limit, after) = paging::page(query.limit, query.cursor)?;
    if is_table {
        limit = csv::limit(query.limit);
    }
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let window = window(&mut tx, &app, after, limit, query.from, query.to).await?;
    let rows = account::list_usage(&mut tx, query.usage_type, window).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    });
    if is_table {
        usage_table(&page)
    } else {
        Ok(Json(page).into_response())
    }
}

fn usage_table(page: &Page<UsageRow>) -> Result<Response, ApiError> {
    let mut table = Table::new(&[
        "id",
        "usage_type",
        "interaction_id",
        "duration_seconds",
        "billed_minutes",
        "segments",
        "cost",
        "currency",
        "charged_from",
        "balance_before",
        "balance_after",
        "free_minutes_before",
        "free_minutes_after",
        "created_at",
    ])?;
    for row in &page.data {
        table.row(&[
            Cell::exact(row.id),
            Cell::exact(row.usage_type.as_str()),
            Cell::exact_or_empty(row.interaction_id),
            Cell::exact_or_empty(row.duration_seconds),
            Cell::exact(row.billed_minutes),
            Cell::exact(row.segments),
            Cell::exact(row.cost),
            Cell::exact(&row.currency),
            Cell::exact(row.charged_from.as_str()),
            Cell::exact(row.balance_before),
            Cell::exact(row.balance_after),
            Cell::exact(row.free_minutes_before),
            Cell::exact(row.free_minutes_after),
            Cell::time(Some(row.created_at)),
        ])?;
    }
    table.answer("usage", page.next_cursor.as_deref())
}

/// What was charged, corrected and credited, newest first.
#[utoipa::path(get, path = "/billing/ledger", tag = "billing", security(("bearer" = ["STAFF"])), params(LedgerQuery),
    responses((status = 200, body = inline(Page<LedgerRow>)), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_ledger(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<LedgerQuery>,
) -> Result<Json<Page<LedgerRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = TenantTx::begin(app.reading(), staff.subscriber).await?;
    let window = window(&mut tx, &app, after, limit, query.from, query.to).await?;
    let rows = account::list_ledger(&mut tx, window).await?;
    tx.end_reading();
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// A month of the subscriber's, as its days and as moments.
struct Month {
    next: NaiveDate,
    begins_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// How the subscriber stands in its present month. Which month that is only the zone tells, and the zone comes along:
/// near a month's end the first look may have been at the wrong one.
async fn stand(tx: &mut TenantTx, app: &App) -> Result<(Standing, Month), ApiError> {
    let now = app.clock.now();
    let guessed = rules::period_of(now, Tz::UTC);
    let mut standing = account::find_standing(tx, guessed).await?;
    let zone = zone(
        standing
            .as_ref()
            .map_or("UTC", |standing| &standing.timezone),
    );
    let first = rules::period_of(now, zone);
    if first != guessed {
        standing = account::find_standing(tx, first).await?;
    }
    // Nobody has a membership of a subscriber that is gone.
    let standing = standing.ok_or_else(ApiError::not_found)?;
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let month = Month {
        next,
        begins_at: rules::midnight(first, zone),
        ends_at: rules::midnight(next, zone),
    };
    Ok((standing, month))
}

/// The rows that are asked for, and one more, to know whether there are more.
async fn window(
    tx: &mut TenantTx,
    app: &App,
    after: Option<Cursor>,
    limit: i64,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Window, ApiError> {
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(ApiError::invalid("from", "is after to"));
    }
    let zone = match (from, to) {
        (None, None) => Tz::UTC,
        _ => {
            let month = rules::period_of(app.clock.now(), Tz::UTC);
            let standing = account::find_standing(tx, month).await?;
            zone(
                standing
                    .as_ref()
                    .map_or("UTC", |standing| &standing.timezone),
            )
        }
    };
    let day_after = |day: NaiveDate| day.succ_opt().unwrap_or(day);
    Ok(Window {
        from: from.map(|day| rules::midnight(day, zone)),
        until: to.map(|day| rules::midnight(day_after(day), zone)),
        after,
        limit: limit + 1,
    })
}
