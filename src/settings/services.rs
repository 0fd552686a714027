//! `/services`: what the business does, how long it takes and what it costs.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit_change, changed_members};
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{
        db::OnConstraint,
        page::{Cursor, Page},
    },
    tenancy::store::services::{self, Service},
    web::{ApiError, Body, Checks, Member, Path, Problem, Query, paging},
};

/// Nothing shorter can be booked.
const SHORTEST: i32 = 5;

/// The highest price, so that a slip of the hand is noticed.
const DEAREST: i64 = 1_000_000;

/// What the business does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceView {
    pub id: Uuid,
    pub name: String,
    pub duration_minutes: i32,
    pub buffer_minutes: i32,
    /// A decimal; null when it is not said.
    #[schema(value_type = Option<String>, example = "149.00")]
    pub price: Option<String>,
    pub currency: String,
    pub is_active: bool,
}

/// What shall be otherwise, or what shall be; a new one has at least a name and a duration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub duration_minutes: Member<i32>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub buffer_minutes: Member<i32>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub price: Member<Decimal>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub is_active: Member<bool>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
}

/// Which services.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServicesQuery {
    pub is_active: Option<bool>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_services, create_service))
        .routes(routes!(show_service, update_service, delete_service))
}

/// The services, in the order in which they were added.
#[utoipa::path(get, path = "/services", tag = "settings", security(("bearer" = ["STAFF"])), params(ServicesQuery),
    responses((status = 200, body = Page<ServiceView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_services(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ServicesQuery>,
) -> Result<Json<Page<ServiceView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let after = after.map(|cursor| cursor.id);
    let mut tx = staff.begin(&app).await?;
    let rows = services::list_services(&mut tx, after, query.is_active, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: DateTime::<Utc>::UNIX_EPOCH,
        id: row.id,
    });
    Ok(Json(page.map(|row| ServiceView::of(&row))))
}

/// One service.
#[utoipa::path(get, path = "/services/{id}", tag = "settings", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ServiceView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_service(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
) -> Result<Json<ServiceView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = services::find_service(&mut tx, id).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(ServiceView::of(&found)))
}

/// Adds a service; a name stands for one.
#[utoipa::path(post, path = "/services", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = ServiceInput,
    responses((status = 201, body = ServiceView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_service(
    State(app): State<AppState>,
    admin: Admin,
    Body(input): Body<ServiceInput>,
) -> Result<(StatusCode, Json<ServiceView>), ApiError> {
    let mut service = Service {
        id: Uuid::now_v7(),
        name: String::new(),
        duration_minutes: 0,
        buffer_minutes: 0,
        price: None,
        currency: app.settings.billing_currency.clone(),
        is_active: true,
    };
    input.apply(&mut service)?;
    let mut tx = admin.begin(&app).await?;
    let written = services::insert_service(&mut tx, &service).await;
    written.on_constraint("services_subscriber_name_key", taken())?;
    let subject = Some(service.id);
    audit_change(
        &mut tx,
        &app,
        &admin,
        "service.created",
        subject,
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(ServiceView::of(&service))))
}

/// Changes a service; what is left out stays.
#[utoipa::path(put, path = "/services/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = ServiceInput,
    responses((status = 200, body = ServiceView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_service(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Body(input): Body<ServiceInput>,
) -> Result<Json<ServiceView>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let before = services::lock_service(&mut tx, id).await?;
    let before = before.ok_or_else(ApiError::not_found)?;
    let mut after = before.clone();
    input.apply(&mut after)?;
    let view = ServiceView::of(&after);
    let changed = changed_members(&ServiceView::of(&before), &view);
    if !changed.is_empty() {
        let written = services::update_service(&mut tx, &after).await;
        written.on_constraint("services_subscriber_name_key", taken())?;
        audit_change(&mut tx, &app, &admin, "service.updated", Some(id), changed).await?;
    }
    tx.commit().await?;
    Ok(Json(view))
}

/// Takes a service away for which nobody is still to come. Any other one is set to `is_active: false`.
#[utoipa::path(delete, path = "/services/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_service(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if services::is_booked(&mut tx, id, app.clock.now()).await? {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "this service has appointments still to come: set is_active to false",
        ));
    }
    if !services::delete_service(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "service.deleted",
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
        "another service has this name",
    )
}

impl ServiceInput {
    fn apply(self, to: &mut Service) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        checks.set_required(
            &mut to.name,
            "name",
            self.name,
            |checks, field, text: String| checks.line(field, &text, 120),
        );
        let (target, field) = (&mut to.duration_minutes, "duration_minutes");
        checks.set_required(
            target,
            field,
            self.duration_minutes,
            |checks, field, minutes| within(checks, field, minutes, SHORTEST..=1440),
        );
        let (target, field) = (&mut to.buffer_minutes, "buffer_minutes");
        checks.set_required(
            target,
            field,
            self.buffer_minutes,
            |checks, field, minutes| within(checks, field, minutes, 0..=1440),
        );
        checks.set(
            &mut to.price,
            "price",
            self.price,
            |checks, field, price: Decimal| {
                let fits = price >= Decimal::ZERO
                    && price <= DEAREST.into()
                    && price.normalize().scale() <= 4;
                if !fits {
                    checks.refuse(field, "is 0 to 1000000, with at most four decimals");
                }
                fits.then_some(price)
            },
        );
        checks.set_required(
            &mut to.currency,
            "currency",
            self.currency,
            |checks, field, text: String| {
                let code = text.trim().to_ascii_uppercase();
                let fits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
                if !fits {
                    checks.refuse(field, "is a code of three letters, such as CAD");
                }
                fits.then_some(code)
            },
        );
        checks.set_required(
            &mut to.is_active,
            "is_active",
            self.is_active,
            |_, _, is| Some(is),
        );
        // A new one begins without.
        if to.name.is_empty() {
            checks.required("name", None::<()>);
        }
        if to.duration_minutes == 0 {
            checks.required("duration_minutes", None::<()>);
        }
        checks.finish()
    }
}

fn within(
    checks: &mut Checks,
    field: &str,
    minutes: i32,
    range: std::ops::RangeInclusive<i32>,
) -> Option<i32> {
    let fits = range.contains(&minutes);
    if !fits {
        let (least, most) = range.into_inner();
        checks.refuse(field, format!("is {least} to {most} minutes"));
    }
    fits.then_some(minutes)
}

impl ServiceView {
    fn of(row: &Service) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            duration_minutes: row.duration_minutes,
            buffer_minutes: row.buffer_minutes,
            price: row.price.map(amount),
            currency: row.currency.clone(),
            is_active: row.is_active,
        }
    }
}

/// At least two decimals, and more only where they say something.
fn amount(price: Decimal) -> String {
    let mut price = price.normalize();
    if price.scale() < 2 {
        price.rescale(2);
    }
    price.to_string()
}
