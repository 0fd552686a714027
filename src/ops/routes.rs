//! The paths of health.
use std::{sync::Arc, time::Instant};

use axum::{
    Json, Router,
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
    routing::get,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::health::{Health, Readiness, health, readiness};
use crate::{
    app::AppState,
    identity::Operator,
    jobs::Schedule,
    kernel::metrics::METRICS,
    web::{ApiError, Problem, client::PrivateCaller},
};

/// The process answers; nothing is asked of the database.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alive {
    pub status: &'static str,
    pub name: &'static str,
    pub version: &'static str,
}

/// What `/health/detailed` must know beside the application: the program's schedules, and since when it runs.
#[derive(Clone)]
pub struct Programme {
    pub schedules: Arc<Vec<Schedule>>,
    pub started: Instant,
}

/// Somebody in the operator's own network, or an operator who signed in.
struct Insider;

impl FromRequestParts<AppState> for Insider {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let refusal = match PrivateCaller::from_request_parts(parts, app).await {
            Ok(PrivateCaller) => return Ok(Self),
            Err(refusal) => refusal,
        };
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Err(refusal);
        }
        Operator::from_request_parts(parts, app).await?;
        Ok(Self)
    }
}

/// The paths of health and readiness.
pub fn router(programme: Programme) -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_health))
        .routes(routes!(show_readiness))
        .routes(routes!(show_health_in_detail))
        .layer(axum::Extension(programme))
}

/// `/` and `/metrics`, which stand at the root only.
pub fn metrics_router() -> Router<AppState> {
    Router::new()
        .route("/", get(show_health))
        .route("/metrics", get(show_metrics))
}

/// Says that the process answers.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Alive)))]
async fn show_health() -> Json<Alive> {
    Json(Alive {
        status: "ok",
        name: "rocket-reception",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Says whether requests can be served: database, migrations and keys are there.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn show_readiness(State(app): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let readiness = readiness(&app).await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness))
}

/// The database, the providers, the jobs and the schedules; for loopback and private addresses, and for operators.
#[utoipa::path(get, path = "/health/detailed", tag = "health",
    responses((status = 200, body = Health), (status = 403, body = Problem)))]
async fn show_health_in_detail(
    State(app): State<AppState>,
    axum::Extension(programme): axum::Extension<Programme>,
    _caller: Insider,
) -> Json<Health> {
    Json(health(&app, &programme.schedules, programme.started).await)
}

async fn show_metrics(State(app): State<AppState>, _caller: Insider) -> String {
    let pool = app.db.pool();
    let connections = &METRICS.db_pool_connections;
    let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
    connections.with_label_values(&["idle"]).set(idle);
    connections
        .with_label_values(&["used"])
        .set(i64::from(pool.size()) - idle);
    METRICS.render()
}
