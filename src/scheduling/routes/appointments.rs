//! `/appointments`, for the business's people and programs.
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    super::calcom,
    availability::{begin_of, check_days, end_of},
    refuse,
    view::AppointmentView,
};
use crate::{
    app::AppState,
    identity::Staff,
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, ResourceId},
        page::{Cursor, Page},
        phone::E164,
    },
    people,
    scheduling::{
        model::{Act, Appointment, AppointmentStatus, BookingSource, NewBooking, When},
        service,
        store::{
            appointments::{self as store, Details},
            lists::{self, Filter, Order},
        },
    },
    tenancy::store::booking,
    traffic::filter::number,
    web::{ApiError, Body, Checks, Member, Once, Path, Problem, Query, paging},
};

/// The longest name, and the longest words about a visit.
const LONGEST_NAME: usize = 200;
const LONGEST_WORDS: usize = 2_000;

/// More than anybody's day has.
const MOST_OF_A_DAY: i64 = 500;

/// Which appointments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppointmentQuery {
    /// The first and the last day, in the business's zone.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    #[param(inline)]
    pub status: Option<AppointmentStatus>,
    /// The person's number.
    pub phone: Option<String>,
    pub resource_id: Option<Uuid>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What is to be booked, and when: by the token of a slot, by its start, or by date and time on the business's clocks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookRequest {
    pub slot: Option<String>,
    pub starts_at: Option<DateTime<Utc>>,
    pub appointment_date: Option<NaiveDate>,
    #[schema(value_type = Option<String>, example = "14:30")]
    pub appointment_time: Option<ClockTime>,
    pub customer_name: String,
    #[schema(value_type = String, example = "+14315550100")]
    pub customer_phone: E164,
    pub customer_email: Option<String>,
    pub service_id: Option<Uuid>,
    pub resource_id: Option<Uuid>,
    /// In minutes, instead of the service's.
    pub duration: Option<i32>,
    pub purpose: Option<String>,
    pub notes: Option<String>,
    /// `MANUAL` unless said.
    pub source: Option<BookingSource>,
}

/// When instead: by the token of a slot, by its start, or by date and time on the business's clocks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleRequest {
    pub slot: Option<String>,
    pub starts_at: Option<DateTime<Utc>>,
    pub appointment_date: Option<NaiveDate>,
    #[schema(value_type = Option<String>, example = "14:30")]
    pub appointment_time: Option<ClockTime>,
}

/// What shall be otherwise, but for the time: left out means unchanged, null means cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppointmentUpdate {
    /// `CONFIRMED`, `COMPLETED`, `NO_SHOW` or `CANCELLED`.
    pub status: Option<AppointmentStatus>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_phone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_email: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub purpose: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub notes: Member<String>,
}

/// A time of the day, as `9:00`, `09:00` or `09:00:00`.
#[derive(Clone, Copy, Debug)]
pub struct ClockTime(NaiveTime);

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = ["%H:%M", "%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(text.trim(), format).ok());
        read.map(Self)
            .ok_or_else(|| serde::de::Error::custom("is no time of the day, such as 14:30"))
    }
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_appointments, book_appointment))
        .routes(routes!(list_todays_appointments))
        .routes(routes!(
            show_appointment,
            update_appointment,
            cancel_appointment
        ))
        .routes(routes!(reschedule_appointment))
}

/// Appointments, the latest start first.
#[utoipa::path(get, path = "/appointments", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(AppointmentQuery),
    responses((status = 200, body = Page<AppointmentView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_appointments(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<AppointmentQuery>,
) -> Result<Json<Page<AppointmentView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    check_days(query.from, query.to)?;
    let phone = query.phone.as_deref().map(number);
    // One person's appointments are few: to find and sort them is quicker than to look for them among all.
    let mut tx = match phone {
        Some(_) => staff.begin(&app).await?,
        None => TenantTx::begin_list(&app.db, staff.subscriber).await?,
    };
    let rules = booking::find_booking_rules(&mut tx).await?;
    let zone = rules.ok_or_else(ApiError::not_found)?.zone;
    let filter = Filter {
        from: query.from.map(|day| begin_of(day, zone)),
        until: query.to.map(|day| end_of(day, zone)),
        status: query.status,
        phone,
        resource: query.resource_id.map(ResourceId),
        order: Order::LatestFirst,
        after,
    };
    let rows = lists::list_appointments(&mut tx, &filter, limit).await?;
    tx.end_reading();
    Ok(Json(page(rows, limit)))
}

/// The appointments of the business's day, in their order; also those that were cancelled.
#[utoipa::path(get, path = "/appointments/today", tag = "scheduling", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Page<AppointmentView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_todays_appointments(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<Page<AppointmentView>>, ApiError> {
    let mut tx = TenantTx::begin_list(&app.db, staff.subscriber).await?;
    let rules = booking::find_booking_rules(&mut tx).await?;
    let zone = rules.ok_or_else(ApiError::not_found)?.zone;
    let today = app.clock.now().with_timezone(&zone).date_naive();
    let filter = Filter {
        from: Some(begin_of(today, zone)),
        until: Some(end_of(today, zone)),
        order: Order::EarliestFirst,
        ..Filter::default()
    };
    let rows = lists::list_appointments(&mut tx, &filter, MOST_OF_A_DAY).await?;
    tx.end_reading();
    Ok(Json(Page::whole(
        rows.into_iter().map(AppointmentView::of).collect(),
    )))
}

/// One appointment.
#[utoipa::path(get, path = "/appointments/{id}", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = AppointmentView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_appointment(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<AppointmentId>,
) -> Result<Json<AppointmentView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = store::find_appointment(&mut tx, id).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(AppointmentView::of(found)))
}

/// Books a time that `/availability` offers at this moment. Who is too late is told what else is free.
#[utoipa::path(post, path = "/appointments", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("idempotency-key" = Option<String>, Header)), request_body = BookRequest,
    responses((status = 201, body = AppointmentView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn book_appointment(
    State(app): State<AppState>,
    staff: Staff,
    request: Once<BookRequest>,
) -> Result<Response, ApiError> {
    let new = request.body.read()?;
    let wish = calcom::Wish {
        minutes: new.duration_minutes,
        ..calcom::Wish::of_service(new.service)
    };
    calcom::freshen_for(&app, staff.subscriber, &wish, &new.when).await;
    let mut tx = staff.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let booked = match service::book(&mut tx, &app.keyring, &new, app.clock.now()).await {
        Ok(booked) => booked,
        Err(error) => return refuse(error),
    };
    let view = AppointmentView::of(booked);
    let answer = request.finish(&mut tx, StatusCode::CREATED, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Moves an appointment to another time that is free. It keeps its length.
#[utoipa::path(patch, path = "/appointments/{id}/reschedule", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = RescheduleRequest,
    responses((status = 200, body = AppointmentView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn reschedule_appointment(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<AppointmentId>,
    Body(request): Body<RescheduleRequest>,
) -> Result<Response, ApiError> {
    let mut checks = Checks::default();
    let when = read_when(
        &mut checks,
        request.slot.as_deref(),
        request.starts_at,
        request.appointment_date,
        request.appointment_time,
    );
    checks.finish()?;
    let when = when.ok_or_else(|| ApiError::invalid("slot", "is missing"))?;
    calcom::freshen_to_move(&app, staff.subscriber, id, &when).await?;
    let mut tx = staff.begin(&app).await?;
    let now = app.clock.now();
    match service::reschedule(&mut tx, &app.keyring, id, &when, Act::STAFF, now).await {
        Ok(moved) => {
            tx.commit().await?;
            Ok(Json(AppointmentView::of(moved)).into_response())
        }
        Err(error) => refuse(error),
    }
}

/// Changes what is said of an appointment and how it stands; its time is changed by `/reschedule`.
#[utoipa::path(patch, path = "/appointments/{id}", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = AppointmentUpdate,
    responses((status = 200, body = AppointmentView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn update_appointment(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<AppointmentId>,
    Body(request): Body<AppointmentUpdate>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let mut tx = staff.begin(&app).await?;
    // The person before the appointment, like everybody who speaks with the person.
    let person = match &request.customer_phone {
        Member::Value(text) => match text.trim().parse::<E164>() {
            Ok(phone) => Some(people::touch_contact(&mut tx, &phone, "MANUAL", now).await?),
            Err(_) => None,
        },
        Member::Absent | Member::Null => None,
    };
    let mut appointment = service::lock(&mut tx, id).await?;
    let status = request.status;
    let before = Details::of(&appointment);
    let mut details = before.clone();
    request.apply(&mut details)?;
    details.contact = person.map_or(before.contact, |person| Some(person.contact));
    if details != before {
        store::set_details(&mut tx, id, &details, now).await?;
        appointment = service::lock(&mut tx, id).await?;
    }
    if let Some(status) = status {
        appointment = match service::mark(&mut tx, id, status, Act::STAFF, now).await {
            Ok(marked) => marked,
            Err(error) => return refuse(error),
        };
    }
    tx.commit().await?;
    Ok(Json(AppointmentView::of(appointment)).into_response())
}

/// Cancels an appointment. It stays in the lists, CANCELLED, and its time is free.
#[utoipa::path(delete, path = "/appointments/{id}", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = AppointmentView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn cancel_appointment(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<AppointmentId>,
) -> Result<Json<AppointmentView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let cancelled = service::cancel(&mut tx, id, Act::STAFF, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(AppointmentView::of(cancelled)))
}

fn page(rows: Vec<Appointment>, limit: i64) -> Page<AppointmentView> {
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.starts_at,
        id: row.id.0,
    });
    page.map(AppointmentView::of)
}

/// The one way in which the request says when.
fn read_when(
    checks: &mut Checks,
    slot: Option<&str>,
    starts_at: Option<DateTime<Utc>>,
    date: Option<NaiveDate>,
    time: Option<ClockTime>,
) -> Option<When> {
    let local = date.zip(time);
    if local.is_none() && (date.is_some() || time.is_some()) {
        let missing = match date {
            Some(_) => "appointment_time",
            None => "appointment_date",
        };
        checks.refuse(missing, "is missing");
        return None;
    }
    match (slot, starts_at, local) {
        (Some(slot), None, None) => Some(When::Slot(slot.to_owned())),
        (None, Some(start), None) => Some(When::Start(start)),
        (None, None, Some((date, ClockTime(time)))) => Some(When::Local(date.and_time(time))),
        (None, None, None) => {
            checks.refuse("slot", "is missing, and so are the other ways to say when");
            None
        }
        _ => {
            checks.refuse("slot", "is one way to say when; there must be one alone");
            None
        }
    }
}

impl BookRequest {
    fn read(&self) -> Result<NewBooking, ApiError> {
        let mut checks = Checks::default();
        let when = read_when(
            &mut checks,
            self.slot.as_deref(),
            self.starts_at,
            self.appointment_date,
            self.appointment_time,
        );
        let name = checks.line("customer_name", &self.customer_name, LONGEST_NAME);
        let name = checks.required("customer_name", name);
        let email = self.customer_email.as_deref();
        let email = email.and_then(|text| checks.email("customer_email", text));
        let mut words = |field, text: &Option<String>| {
            let text = text.as_deref();
            text.and_then(|text| checks.words(field, text, LONGEST_WORDS))
        };
        let (purpose, notes) = (words("purpose", &self.purpose), words("notes", &self.notes));
        checks.finish()?;
        let (Some(when), Some(customer_name)) = (when, name) else {
            return Err(ApiError::invalid("customer_name", "is missing"));
        };
        Ok(NewBooking {
            when,
            service: self.service_id,
            resource: self.resource_id.map(ResourceId),
            duration_minutes: self.duration,
            customer_name,
            customer_phone: Some(self.customer_phone.clone()),
            customer_email: email,
            purpose,
            notes,
            language: None,
            source: self.source.unwrap_or(BookingSource::Manual),
            call_sid: None,
            interaction: None,
        })
    }
}

impl Details {
    fn of(appointment: &Appointment) -> Self {
        Self {
            contact: appointment.contact,
            customer_name: appointment.customer_name.clone(),
            customer_phone: appointment.customer_phone.clone(),
            customer_email: appointment.customer_email.clone(),
            purpose: appointment.purpose.clone(),
            notes: appointment.notes.clone(),
        }
    }
}

impl AppointmentUpdate {
    fn apply(self, to: &mut Details) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        checks.set(
            &mut to.customer_name,
            "customer_name",
            self.customer_name,
            |checks, field, text: String| checks.line(field, &text, LONGEST_NAME),
        );
        checks.set(
            &mut to.customer_phone,
            "customer_phone",
            self.customer_phone,
            |checks, field, text: String| checks.phone(field, &text),
        );
        checks.set(
            &mut to.customer_email,
            "customer_email",
            self.customer_email,
            |checks, field, text: String| checks.email(field, &text),
        );
        let words = |checks: &mut Checks, field: &str, text: String| {
            checks.words(field, &text, LONGEST_WORDS)
        };
        checks.set(&mut to.purpose, "purpose", self.purpose, words);
        checks.set(&mut to.notes, "notes", self.notes, words);
        checks.finish()
    }
}
