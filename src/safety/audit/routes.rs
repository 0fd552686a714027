//! The paths of the audit log.
use axum::{Json, extract::State};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{
        Admin,
        audit::{self, AuditRow, Filter, Head},
    },
    kernel::page::{Cursor, Page},
    web::{ApiError, Problem, Query, paging},
};

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
    /// The id of a person, an operator or a key.
    actor: Option<Uuid>,
    /// How the action begins, such as `webhook.`.
    action: Option<String>,
    /// Days in the zone of the business, both included.
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// Who did what to what. Ids and names of fields, nobody's words.
#[derive(Debug, Serialize, ToSchema)]
struct AuditView {
    id: Uuid,
    /// The place in the chain, without gaps.
    seq: i64,
    at: DateTime<Utc>,
    /// `USER`, `OPERATOR`, `API_KEY` or `SYSTEM`.
    actor_kind: String,
    actor_id: Option<Uuid>,
    /// The operator who acted as the actor.
    impersonator_id: Option<Uuid>,
    action: String,
    subject_kind: Option<String>,
    subject_id: Option<Uuid>,
    changes: Value,
    ip_prefix: Option<String>,
    request_id: Option<String>,
}

/// A page of the audit log, and where the chain ends.
#[derive(Debug, Serialize, ToSchema)]
struct AuditPage {
    data: Vec<AuditView>,
    next_cursor: Option<String>,
    head: Option<Head>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_audit_log))
}

/// Who did what, the newest first.
#[utoipa::path(get, path = "/audit-log", tag = "safety", security(("bearer" = ["ADMIN"])), params(Asked),
    responses((status = 200, body = AuditPage), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_audit_log(
    State(app): State<AppState>,
    caller: Admin,
    Query(asked): Query<Asked>,
) -> Result<Json<AuditPage>, ApiError> {
    let (limit, after) = paging::page(asked.limit, asked.cursor)?;
    let filter = Filter {
        actor: asked.actor,
        action: asked.action,
        from: asked.from,
        to: asked.to,
    };
    let mut tx = caller.begin(&app).await?;
    let rows = audit::list(&mut tx, &filter, after, limit + 1).await?;
    let head = audit::find_head(&mut tx).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.at,
        id: row.id,
    });
    Ok(Json(AuditPage {
        data: page.data.into_iter().map(AuditView::from).collect(),
        next_cursor: page.next_cursor,
        head,
    }))
}

impl From<AuditRow> for AuditView {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            seq: row.seq,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            impersonator_id: row.impersonator_id,
            action: row.action,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            changes: row.changes,
            ip_prefix: row.ip_prefix,
            request_id: row.request_id,
        }
    }
}
