//! The machine: dead jobs, reconciliation runs, alerts.
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{did, looked_at};
use crate::{
    admin::{
        model::{AlertRow, JobRow, RunRow},
        store,
    },
    app::AppState,
    billing,
    identity::Operator,
    jobs::{
        self,
        store::{DeadJob, RetryDead},
    },
    kernel::{
        ids::JobId,
        page::{Cursor, Page},
        text::text_enum,
    },
    web::{
        ApiError, Problem,
        extract::{Path, Query},
        paging,
    },
};

text_enum! {
    /// The states in which jobs are listed.
    ListedState { Dead }
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Those that died; there are no others to look at.
    #[param(inline)]
    state: Option<ListedState>,
    limit: Option<i64>,
    cursor: Option<String>,
}

impl From<DeadJob> for JobRow {
    fn from(job: DeadJob) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind,
            lane: job.lane,
            subscriber_id: job.subscriber.map(|subscriber| subscriber.0),
            payload: job.payload,
            state: "DEAD",
            attempts: job.attempts,
            last_error: job.last_error,
            created_at: job.created_at,
            finished_at: job.finished_at,
        }
    }
}

/// Jobs that will not run again by themselves.
#[utoipa::path(get, path = "/admin/jobs", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(JobQuery), responses((status = 200, body = Page<JobRow>)))]
pub async fn list_jobs(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<JobQuery>,
) -> Result<Json<Page<JobRow>>, ApiError> {
    let ListedState::Dead = query.state.unwrap_or(ListedState::Dead);
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = operator.begin(&app, &looked_at("job", None)).await?;
    let jobs = jobs::store::list_dead(&mut tx, after, limit + 1).await?;
    tx.commit().await?;
    let rows = jobs.into_iter().map(JobRow::from).collect();
    Ok(Json(Page::new(rows, limit, |row: &JobRow| Cursor {
        at: row.finished_at,
        id: row.id,
    })))
}

/// Gives a dead job all its attempts back; it runs at once.
#[utoipa::path(post, path = "/admin/jobs/{id}/retry", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(("id" = Uuid, Path)), responses((status = 202), (status = 409, body = Problem)))]
pub async fn retry_job(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = operator
        .begin(&app, &did("job.retried", "job", id, json!({})))
        .await?;
    let retried = jobs::store::retry_dead(&mut tx, JobId(id)).await?;
    tx.commit().await?;
    match retried {
        RetryDead::Queued => Ok(StatusCode::ACCEPTED),
        RetryDead::NotDead => Err(ApiError::not_found()),
        RetryDead::Superseded => Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "a newer job does the same",
        )),
    }
}

/// Takes a waiting or dead job out.
#[utoipa::path(post, path = "/admin/jobs/{id}/cancel", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn cancel_job(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = operator
        .begin(&app, &did("job.cancelled", "job", id, json!({})))
        .await?;
    let was_there = jobs::store::cancel(&mut tx, JobId(id)).await?;
    tx.commit().await?;
    was_there
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(ApiError::not_found)
}

/// Which page of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Comparisons of records, ledger, balances and sums.
#[utoipa::path(get, path = "/admin/reconciliation-runs", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(RunQuery), responses((status = 200, body = Page<RunRow>)))]
pub async fn list_reconciliation_runs(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<RunQuery>,
) -> Result<Json<Page<RunRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let entry = looked_at("reconciliation_run", None);
    let mut tx = operator.begin(&app, &entry).await?;
    let rows = store::list_runs(&mut tx, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.started_at,
        id: row.id,
    })))
}

/// What was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ordered {
    pub queued: bool,
}

/// Orders a comparison of everybody now. While one is ordered or under way, it is that one.
#[utoipa::path(post, path = "/admin/reconciliation-runs/trigger", tag = "operator",
    security(("bearer" = ["OPERATOR"])), responses((status = 202, body = Ordered)))]
pub async fn trigger_reconciliation(
    State(app): State<AppState>,
    operator: Operator,
) -> Result<(StatusCode, Json<Ordered>), ApiError> {
    let mut entry = looked_at("reconciliation_run", None);
    entry.action = "reconciliation.triggered";
    let mut tx = operator.begin(&app, &entry).await?;
    jobs::enqueue(&mut tx, &billing::Reconcile::of(app.clock.now()));
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Ordered { queued: true })))
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// `true`: those that are not resolved; `false`: those that are.
    open: Option<bool>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What an operator should look at.
#[utoipa::path(get, path = "/admin/ops-alerts", tag = "operator", security(("bearer" = ["OPERATOR"])),
    params(AlertQuery), responses((status = 200, body = Page<AlertRow>)))]
pub async fn list_ops_alerts(
    State(app): State<AppState>,
    operator: Operator,
    Query(query): Query<AlertQuery>,
) -> Result<Json<Page<AlertRow>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = operator.begin(&app, &looked_at("ops_alert", None)).await?;
    let rows = store::list_alerts(&mut tx, query.open, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id,
    })))
}

/// Whose it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Of {
    /// The `subscriber_id` of the thing, as its list tells it; left out where that is null.
    pub subscriber: Option<Uuid>,
}

/// Says that it was looked after. When it happens again, there is a new alert.
#[utoipa::path(post, path = "/admin/ops-alerts/{id}/resolve", tag = "operator",
    security(("bearer" = ["OPERATOR"])), params(("id" = Uuid, Path), Of), responses((status = 204)))]
pub async fn resolve_ops_alert(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, ApiError> {
    let changes = json!({ "subscriber": of.subscriber });
    let entry = did("ops_alert.resolved", "ops_alert", id, changes);
    let mut tx = operator.begin(&app, &entry).await?;
    let was_there = store::resolve_alert(&mut tx, id, of.subscriber, app.clock.now()).await?;
    tx.commit().await?;
    was_there
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(ApiError::not_found)
}
