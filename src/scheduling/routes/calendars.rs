//! What calendars fetch: one appointment, or all of a business; by names that nobody can guess and without a token.
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Days;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{Admin, audit},
    kernel::db::TenantTx,
    scheduling::{
        calendar_file::{self, Reader},
        links,
        store::{
            appointments,
            lists::{self, Filter, Order},
        },
    },
    tenancy::{directory, store::booking},
    web::{ApiError, Path, Problem},
};

/// What a calendar of a business holds: from this many days ago on, and at most so many.
const PAST_DAYS: u64 = 30;
const MOST: i64 = 2_000;

/// Where the business's calendar is, told once.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarFeed {
    /// Whoever has it reads who comes when.
    pub url: String,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_appointment_file))
        .routes(routes!(show_calendar_file))
        .routes(routes!(create_calendar_feed, delete_calendar_feed))
}

/// One appointment as a file, by the link that the person was sent.
#[utoipa::path(get, path = "/ics/{file}", tag = "scheduling", params(("file" = String, Path)),
    responses((status = 200, content_type = "text/calendar", body = String), (status = "4XX", body = Problem),
              (status = 503, body = Problem)))]
async fn show_appointment_file(
    State(app): State<AppState>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    let found = links::find_appointment(&app, &file).await?;
    let (subscriber, id) = found.ok_or_else(ApiError::not_found)?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let rules = booking::find_booking_rules(&mut tx).await?;
    let appointment = appointments::find_appointment(&mut tx, id).await?;
    tx.end_reading();
    let (rules, appointment) = rules.zip(appointment).ok_or_else(ApiError::not_found)?;
    let host = links::host(&app.settings.public_url);
    let name = &rules.business_name;
    Ok(answer(calendar_file::write(
        Reader::Person,
        name,
        &host,
        &[appointment],
    )))
}

/// Every appointment of a business, for a calendar that looks again and again.
#[utoipa::path(get, path = "/calendar/{file}", tag = "scheduling", params(("file" = String, Path)),
    responses((status = 200, content_type = "text/calendar", body = String), (status = "4XX", body = Problem),
              (status = 503, body = Problem)))]
async fn show_calendar_file(
    State(app): State<AppState>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    let found = links::find_feed(&app, &file).await?;
    let subscriber = found.ok_or_else(ApiError::not_found)?;
    let mut tx = TenantTx::begin_list(app.reading(), subscriber).await?;
    let rules = booking::find_booking_rules(&mut tx).await?;
    let rules = rules.ok_or_else(ApiError::not_found)?;
    let filter = Filter {
        from: app.clock.now().checked_sub_days(Days::new(PAST_DAYS)),
        order: Order::EarliestFirst,
        ..Filter::default()
    };
    let rows = lists::list_appointments(&mut tx, &filter, MOST).await?;
    tx.end_reading();
    let host = links::host(&app.settings.public_url);
    let name = &rules.business_name;
    Ok(answer(calendar_file::write(
        Reader::Business { name },
        name,
        &host,
        &rows,
    )))
}

/// Makes the address of a calendar of all bookings, for Google, Apple or Outlook. Asked again, it is another one, and the
/// one before shows nothing any more.
#[utoipa::path(post, path = "/calendar-feed", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    responses((status = 201, body = CalendarFeed), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn create_calendar_feed(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<(StatusCode, Json<CalendarFeed>), ApiError> {
    let mut tx = admin.begin(&app).await?;
    let url = links::new_feed(&mut tx, &app.settings.public_url).await?;
    admin
        .audit(&mut tx, &app, &entry("calendar_feed.created"))
        .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(CalendarFeed { url })))
}

/// The calendar shows nothing any more.
#[utoipa::path(delete, path = "/calendar-feed", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn delete_calendar_feed(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if directory::give_up_calendars(&mut tx).await? {
        admin
            .audit(&mut tx, &app, &entry("calendar_feed.deleted"))
            .await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn entry(action: &'static str) -> audit::Entry {
    audit::Entry {
        action,
        subject_kind: "calendar_feed",
        subject: None,
        changes: json!({}),
    }
}

fn answer(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (
            header::CONTENT_DISPOSITION,
            "inline; filename=\"appointment.ics\"",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, text).into_response()
}
