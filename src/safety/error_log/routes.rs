//! The operator's view of the error log.
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{Operator, audit::Entry},
    kernel::page::{Cursor, Page},
    safety::store::errors,
    web::{ApiError, Problem, Query, paging},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
    /// `REQUEST` or `JOB`.
    source: Option<String>,
    subscriber: Option<Uuid>,
}

/// Failures that are alike.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorView {
    pub id: Uuid,
    pub subscriber_id: Option<Uuid>,
    /// `REQUEST`: answered with 500. `JOB`: dead.
    pub source: String,
    /// Method and route, or the kind of the job.
    pub place: String,
    pub what: String,
    pub occurrences: i64,
    pub last_request_id: Option<String>,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_error_logs))
}

/// What failed, the latest first.
#[utoipa::path(get, path = "/admin/error-logs", tag = "safety", security(("bearer" = ["OPERATOR"])), params(Asked),
    responses((status = 200, body = Page<ErrorView>), (status = 400, body = Problem), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_error_logs(
    State(app): State<AppState>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<ErrorView>>, ApiError> {
    let (limit, after) = paging::page(asked.limit, asked.cursor)?;
    let source = asked.source.map(|source| source.to_ascii_uppercase());
    let entry = Entry {
        action: "error_log.read",
        subject_kind: "subscriber",
        subject: asked.subscriber,
        changes: json!({}),
    };
    let mut tx = operator.begin(&app, &entry).await?;
    let rows = errors::list(
        &mut tx,
        source.as_deref(),
        asked.subscriber,
        after,
        limit + 1,
    )
    .await?;
    tx.commit().await?;
    let page = Page::new(rows, limit, |row: &ErrorView| Cursor {
        at: row.last_seen_at,
        id: row.id,
    });
    Ok(Json(page))
}
