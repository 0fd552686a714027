//! `/holidays`: days that are unlike their weekday.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit_change, hours::LocalTime};
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{
        db::OnConstraint,
        page::{Cursor, Page},
    },
    tenancy::store::hours::{self, Holiday},
    web::{
        ApiError, Body, Checks, Path, Problem, Query,
        paging::{self, ListQuery},
    },
};

/// A day that is unlike its weekday.
#[derive(Debug, Serialize, ToSchema)]
pub struct HolidayView {
    pub id: Uuid,
    pub date: NaiveDate,
    pub name: String,
    pub is_closed: bool,
    #[schema(value_type = Option<String>, example = "10:00")]
    pub opens: Option<LocalTime>,
    #[schema(value_type = Option<String>, example = "14:00")]
    pub closes: Option<LocalTime>,
}

/// A day as it shall be. Open ones say from when to when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayInput {
    pub date: NaiveDate,
    pub name: String,
    /// Closed, unless there are hours.
    pub is_closed: Option<bool>,
    #[schema(value_type = Option<String>, example = "10:00")]
    pub opens: Option<LocalTime>,
    #[schema(value_type = Option<String>, example = "14:00")]
    pub closes: Option<LocalTime>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_holidays, create_holiday))
        .routes(routes!(update_holiday, delete_holiday))
}

/// Holidays in the order of their dates.
#[utoipa::path(get, path = "/holidays", tag = "settings", security(("bearer" = ["STAFF"])), params(ListQuery),
    responses((status = 200, body = Page<HolidayView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_holidays(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<HolidayView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = staff.begin(&app).await?;
    let after = after.map(|cursor| cursor.at.date_naive());
    let rows = hours::list_holidays(&mut tx, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.date.and_time(NaiveTime::MIN).and_utc(),
        id: row.id,
    });
    Ok(Json(page.map(HolidayView::of)))
}

/// Adds a holiday; a date has one.
#[utoipa::path(post, path = "/holidays", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = HolidayInput,
    responses((status = 201, body = HolidayView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_holiday(
    State(app): State<AppState>,
    admin: Admin,
    Body(input): Body<HolidayInput>,
) -> Result<(StatusCode, Json<HolidayView>), ApiError> {
    let holiday = input.read(Uuid::now_v7())?;
    let mut tx = admin.begin(&app).await?;
    let written = hours::insert_holiday(&mut tx, &holiday).await;
    written.on_constraint("holidays_subscriber_date_key", taken())?;
    let subject = Some(holiday.id);
    audit_change(
        &mut tx,
        &app,
        &admin,
        "holiday.created",
        subject,
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(HolidayView::of(holiday))))
}

/// Puts another holiday in the place of this one.
#[utoipa::path(put, path = "/holidays/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = HolidayInput,
    responses((status = 200, body = HolidayView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_holiday(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Body(input): Body<HolidayInput>,
) -> Result<Json<HolidayView>, ApiError> {
    let holiday = input.read(id)?;
    let mut tx = admin.begin(&app).await?;
    let written = hours::update_holiday(&mut tx, &holiday).await;
    if !written.on_constraint("holidays_subscriber_date_key", taken())? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "holiday.updated",
        Some(id),
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(HolidayView::of(holiday)))
}

/// Takes a holiday away.
#[utoipa::path(delete, path = "/holidays/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn delete_holiday(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if !hours::delete_holiday(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "holiday.deleted",
        Some(id),
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn taken() -> ApiError {
    ApiError::client(
        StatusCode::CONFLICT,
        "conflict",
        "this date has a holiday already",
    )
}

impl HolidayInput {
    fn read(self, id: Uuid) -> Result<Holiday, ApiError> {
        let mut checks = Checks::default();
        let name = checks.line("name", &self.name, 200);
        let name = checks.required("name", name).unwrap_or_default();
        let is_closed = self.is_closed.unwrap_or(self.opens.is_none());
        match (is_closed, self.opens, self.closes) {
            (true, None, None) => {}
            (true, ..) => checks.refuse("opens", "a closed day has no hours"),
            (false, Some(opens), Some(closes)) if opens < closes => {}
            (false, Some(_), Some(_)) => checks.refuse("closes", "is not after opens"),
            (false, None, _) => checks.refuse("opens", "is missing"),
            (false, _, None) => checks.refuse("closes", "is missing"),
        }
        // Years beyond these are slips of the hand.
        let first_of = |year| NaiveDate::from_ymd_opt(year, 1, 1);
        if Some(self.date) < first_of(2000) || Some(self.date) >= first_of(2100) {
            checks.refuse("date", "is not in this century");
        }
        checks.finish()?;
        Ok(Holiday {
            id,
            date: self.date,
            name,
            is_closed,
            opens: self.opens.map(|time| time.0),
            closes: self.closes.map(|time| time.0),
        })
    }
}

impl HolidayView {
    fn of(row: Holiday) -> Self {
        Self {
            id: row.id,
            date: row.date,
            name: row.name,
            is_closed: row.is_closed,
            opens: row.opens.map(LocalTime),
            closes: row.closes.map(LocalTime),
        }
    }
}
