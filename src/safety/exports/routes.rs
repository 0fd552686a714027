//! The paths of exports.
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::BuildExport;
use crate::{
    app::AppState,
    identity::{Admin, audit::Entry},
    jobs,
    kernel::{
        db::TenantTx,
        ids::ContactId,
        page::{Cursor, Page},
    },
    safety::store::exports::{self as store, ExportState},
    web::{ApiError, Once, Path, Problem, Query, paging},
};

/// Whose data.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportRequest {
    /// None: everything of the business.
    contact_id: Option<Uuid>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An export and how far it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportView {
    pub id: Uuid,
    pub contact_id: Option<Uuid>,
    /// `WANTED`, `READY` or `EXPIRED`: after seven days, or because somebody in it was erased.
    pub state: ExportState,
    pub rows: i64,
    pub bytes: i64,
    /// Where the audit log ended when it was made: kept outside, it shows what was cut off later.
    pub audit_seq: Option<i64>,
    pub audit_hash: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_exports, want_export))
        .routes(routes!(show_export))
        .routes(routes!(download_export))
}

async fn find(tx: &mut TenantTx, id: Uuid) -> Result<ExportView, ApiError> {
    let found = store::list(tx, Some(id), None, 1).await?;
    found.into_iter().next().ok_or_else(ApiError::not_found)
}

/// Orders an export of a contact, or of everything.
#[utoipa::path(post, path = "/exports", tag = "safety", security(("bearer" = ["ADMIN"])),
    request_body = ExportRequest,
    responses((status = 202, body = ExportView), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn want_export(
    State(app): State<AppState>,
    caller: Admin,
    request: Once<ExportRequest>,
) -> Result<Response, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let contact = request.body.contact_id;
    let export = store::insert(
        &mut tx,
        contact.map(ContactId),
        caller.user(),
        app.clock.now(),
    )
    .await?
    .ok_or_else(ApiError::not_found)?;
    let job = BuildExport {
        subscriber: caller.subscriber,
        export,
    };
    jobs::enqueue(&mut tx, &job);
    let view = find(&mut tx, export).await?;
    let answer = request.finish(&mut tx, StatusCode::ACCEPTED, &view).await?;
    let entry = Entry {
        action: "export.requested",
        subject_kind: "export",
        subject: Some(export),
        changes: json!({"contact_id": contact}),
    };
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    Ok(answer)
}

/// All exports, the newest first.
#[utoipa::path(get, path = "/exports", tag = "safety", security(("bearer" = ["ADMIN"])), params(Asked),
    responses((status = 200, body = Page<ExportView>), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_exports(
    State(app): State<AppState>,
    caller: Admin,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<ExportView>>, ApiError> {
    let (limit, after) = paging::page(asked.limit, asked.cursor)?;
    let mut tx = caller.begin(&app).await?;
    let rows = store::list(&mut tx, None, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.requested_at,
        id: row.id,
    });
    Ok(Json(page))
}

/// How far an export is.
#[utoipa::path(get, path = "/exports/{id}", tag = "safety", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ExportView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_export(
    State(app): State<AppState>,
    caller: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<ExportView>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let view = find(&mut tx, id).await?;
    tx.end_reading();
    Ok(Json(view))
}

/// The export itself: lines of JSON, the first about the export, then `{table, row}` each, the last with their number.
#[utoipa::path(get, path = "/exports/{id}/download", tag = "safety", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn download_export(
    State(app): State<AppState>,
    caller: Admin,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let mut tx = caller.begin(&app).await?;
    let view = find(&mut tx, id).await?;
    if view.state != ExportState::Ready {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "this export is not ready, or not any more",
        ));
    }
    let entry = Entry {
        action: "export.downloaded",
        subject_kind: "export",
        subject: Some(id),
        changes: json!({}),
    };
    let parts = store::list_parts(&mut tx, id).await?;
    caller.audit(&mut tx, &app, &entry).await?;
    tx.commit().await?;
    let mut response = Body::from(parts.concat()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    let disposition = format!("attachment; filename=\"export-{id}.jsonl\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
