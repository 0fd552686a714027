//! `/resources`: what can be booked once at a time.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::{App, AppState},
    identity::{Admin, Caller, Staff, audit},
    kernel::{
        db::{OnConstraint, TenantTx},
        ids::ResourceId,
        page::{Cursor, Page},
    },
    scheduling::{model::Resource, store::resources},
    web::{ApiError, Body, Checks, Member, Path, Problem, Query, paging},
};

/// What can be booked once at a time: a technician, a chair.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceView {
    pub id: Uuid,
    pub name: String,
    /// What is not is offered to nobody; what was booked stays.
    pub is_active: bool,
}

/// What shall be otherwise, or what shall be; a new one has at least a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub is_active: Member<bool>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
}

/// Which resources.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResourcesQuery {
    pub is_active: Option<bool>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_resources, create_resource))
        .routes(routes!(show_resource, update_resource, delete_resource))
}

/// The resources, in the order in which they were added.
#[utoipa::path(get, path = "/resources", tag = "scheduling", security(("bearer" = ["STAFF"])), params(ResourcesQuery),
    responses((status = 200, body = Page<ResourceView>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn list_resources(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ResourcesQuery>,
) -> Result<Json<Page<ResourceView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let after = after.map(|cursor| ResourceId(cursor.id));
    let mut tx = staff.begin(&app).await?;
    let rows = resources::list_resources(&mut tx, after, query.is_active, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: DateTime::<Utc>::UNIX_EPOCH,
        id: row.id.0,
    });
    Ok(Json(page.map(|row| ResourceView::of(&row))))
}

/// One resource.
#[utoipa::path(get, path = "/resources/{id}", tag = "scheduling", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ResourceView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn show_resource(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<ResourceId>,
) -> Result<Json<ResourceView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = resources::find_resource(&mut tx, id).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(ResourceView::of(&found)))
}

/// Adds a resource; a name stands for one.
#[utoipa::path(post, path = "/resources", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    request_body = ResourceInput,
    responses((status = 201, body = ResourceView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn create_resource(
    State(app): State<AppState>,
    admin: Admin,
    Body(input): Body<ResourceInput>,
) -> Result<(StatusCode, Json<ResourceView>), ApiError> {
    let mut resource = Resource {
        id: ResourceId::new(),
        name: String::new(),
        is_active: true,
    };
    input.apply(&mut resource)?;
    let mut tx = admin.begin(&app).await?;
    let written = resources::insert_resource(&mut tx, &resource, app.clock.now()).await;
    written.on_constraint("resources_subscriber_name_key", taken())?;
    audit_change(&mut tx, &app, &admin, "resource.created", resource.id, &[]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(ResourceView::of(&resource))))
}

/// Changes a resource; what is left out stays.
#[utoipa::path(put, path = "/resources/{id}", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = ResourceInput,
    responses((status = 200, body = ResourceView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn update_resource(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<ResourceId>,
    Body(input): Body<ResourceInput>,
) -> Result<Json<ResourceView>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let before = resources::lock_resource(&mut tx, id).await?;
    let before = before.ok_or_else(ApiError::not_found)?;
    let mut after = before.clone();
    input.apply(&mut after)?;
    let mut changed = Vec::new();
    if after.name != before.name {
        changed.push("name");
    }
    if after.is_active != before.is_active {
        changed.push("is_active");
    }
    if !changed.is_empty() {
        let written = resources::update_resource(&mut tx, &after).await;
        written.on_constraint("resources_subscriber_name_key", taken())?;
        audit_change(&mut tx, &app, &admin, "resource.updated", id, &changed).await?;
    }
    tx.commit().await?;
    Ok(Json(ResourceView::of(&after)))
}

/// Takes a resource away that never had an appointment. Any other one is set to `is_active: false`.
#[utoipa::path(delete, path = "/resources/{id}", tag = "scheduling", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn delete_resource(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<ResourceId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let deleted = resources::delete_resource(&mut tx, id).await;
    let has_appointments = ApiError::client(
        StatusCode::CONFLICT,
        "conflict",
        "this resource has appointments: set is_active to false",
    );
    if !deleted.on_constraint("appointments_resource_fkey", has_appointments)? {
        return Err(ApiError::not_found());
    }
    audit_change(&mut tx, &app, &admin, "resource.deleted", id, &[]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn taken() -> ApiError {
    ApiError::client(
        StatusCode::CONFLICT,
        "conflict",
        "another resource has this name",
    )
}

async fn audit_change(
    tx: &mut TenantTx,
    app: &App,
    caller: &Caller,
    action: &'static str,
    id: ResourceId,
    fields: &[&str],
) -> sqlx::Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "resource",
        subject: Some(id.0),
        changes: json!({ "fields": fields }),
    };
    caller.audit(tx, app, &entry).await
}

impl ResourceInput {
    fn apply(self, to: &mut Resource) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        checks.set_required(
            &mut to.name,
            "name",
            self.name,
            |checks, field, text: String| checks.line(field, &text, 120),
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
        checks.finish()
    }
}

impl ResourceView {
    fn of(row: &Resource) -> Self {
        Self {
            id: row.id.0,
            name: row.name.clone(),
            is_active: row.is_active,
        }
    }
}
