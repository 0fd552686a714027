//! `/blocked-callers`: whose calls are not answered.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::audit_change;
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{
        db::OnConstraint,
        page::{Cursor, Page},
        phone::E164,
    },
    tenancy::store::callers::{self, BlockedCaller},
    web::{
        ApiError, Body, Checks, Path, Problem, Query,
        paging::{self, ListQuery},
    },
};

/// A number whose calls are not answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockedCallerView {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub phone: E164,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A number whose calls shall not be answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockedCallerInput {
    pub phone: String,
    pub reason: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_blocked_callers, block_caller))
        .routes(routes!(unblock_caller))
}

/// Blocked callers, the newest first.
#[utoipa::path(get, path = "/blocked-callers", tag = "settings", security(("bearer" = ["STAFF"])), params(ListQuery),
    responses((status = 200, body = Page<BlockedCallerView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_blocked_callers(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<BlockedCallerView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = staff.begin(&app).await?;
    let rows = callers::list_blocked(&mut tx, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    });
    Ok(Json(page.map(BlockedCallerView::of)))
}

/// Blocks a caller.
#[utoipa::path(post, path = "/blocked-callers", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = BlockedCallerInput,
    responses((status = 201, body = BlockedCallerView), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn block_caller(
    State(app): State<AppState>,
    admin: Admin,
    Body(input): Body<BlockedCallerInput>,
) -> Result<(StatusCode, Json<BlockedCallerView>), ApiError> {
    let mut checks = Checks::default();
    let phone = checks.phone("phone", &input.phone);
    let phone = checks.required("phone", phone);
    let reason = input
        .reason
        .and_then(|reason| checks.words("reason", &reason, 500));
    checks.finish()?;
    let blocked = BlockedCaller {
        id: Uuid::now_v7(),
        phone: phone.ok_or_else(ApiError::not_found)?,
        reason,
        created_at: app.clock.now(),
    };
    let mut tx = admin.begin(&app).await?;
    let written = callers::insert_blocked(&mut tx, &blocked).await;
    let taken = ApiError::client(
        StatusCode::CONFLICT,
        "conflict",
        "this caller is blocked already",
    );
    written.on_constraint("blocked_callers_subscriber_phone_key", taken)?;
    let subject = Some(blocked.id);
    audit_change(
        &mut tx,
        &app,
        &admin,
        "blocked_caller.created",
        subject,
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(BlockedCallerView::of(blocked))))
}

/// Lets a caller through again.
#[utoipa::path(delete, path = "/blocked-callers/{id}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn unblock_caller(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    if !callers::delete_blocked(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    audit_change(
        &mut tx,
        &app,
        &admin,
        "blocked_caller.deleted",
        Some(id),
        Vec::new(),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl BlockedCallerView {
    fn of(row: BlockedCaller) -> Self {
        Self {
            id: row.id,
            phone: row.phone,
            reason: row.reason,
            created_at: row.created_at,
        }
    }
}
