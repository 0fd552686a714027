//! Health in detail: the database, the providers, the jobs, the schedules.
use std::{collections::BTreeMap, time::Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::providers::{ProviderHealth, ProviderState, providers};
use crate::{
    app::AppState,
    jobs::{
        Schedule,
        housekeeping::measure_lanes,
        schedule::{RunResult, last_runs},
    },
    kernel::db::{MigrationState, migration_status},
};

/// A due job that has waited this long says that the workers do not keep up.
const LATE_JOB_S: f64 = 300.0;

/// The answer of `/health/detailed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, `degraded` or `down`.
    pub status: &'static str,
    pub version: &'static str,
    pub uptime_s: u64,
    pub database: DatabaseHealth,
    pub providers: BTreeMap<&'static str, ProviderHealth>,
    pub jobs: BTreeMap<String, LaneHealth>,
    pub schedules: BTreeMap<String, ScheduleHealth>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseHealth {
    pub state: &'static str,
    pub latency_ms: Option<f64>,
    pub migration: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LaneHealth {
    pub ready: i64,
    pub oldest_s: f64,
    pub dead: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleHealth {
    pub last_run_at: Option<DateTime<Utc>>,
    #[schema(value_type = Option<String>)]
    pub last_result: Option<RunResult>,
    pub next_run_at: DateTime<Utc>,
}

/// Whether requests can be served.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    pub ready: bool,
    pub checks: ReadinessChecks,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessChecks {
    pub database: bool,
    pub migrations: bool,
    /// Whether the keys are there that webhooks are checked with.
    pub keys: bool,
}

/// Looks whether this process can serve; never once it is stopping.
pub async fn readiness(app: &AppState) -> Readiness {
    let migrations = migration_status(app.db.pool()).await;
    let checks = ReadinessChecks {
        database: migrations.is_ok(),
        migrations: migrations.is_ok_and(|all| {
            all.iter().all(|(_, _, state)| {
                matches!(state, MigrationState::Applied | MigrationState::Unknown)
            })
        }),
        keys: app.settings.has_keys(),
    };
    let is_able = checks.database && checks.migrations && checks.keys;
    Readiness {
        ready: is_able && !app.tasks.is_stopping(),
        checks,
    }
}

/// Everything that an operator wants to see at once.
pub async fn health(app: &AppState, schedules: &[Schedule], started: Instant) -> Health {
    let database = database(app).await;
    let lanes = measure_lanes(app).await.unwrap_or_default();
    let runs = last_runs(app, schedules).await.unwrap_or_default();
    let providers = providers(app);
    let is_behind = lanes
        .iter()
        .any(|lane| lane.oldest_s > LATE_JOB_S || lane.dead > 0);
    let is_failing = providers
        .values()
        .any(|provider| provider.state == ProviderState::Failing);
    let status = match (database.state, is_behind || is_failing) {
        ("up", false) => "ok",
        ("up", true) => "degraded",
        _ => "down",
    };
    Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: started.elapsed().as_secs(),
        database,
        providers,
        jobs: lanes
            .into_iter()
            .map(|lane| {
                let health = LaneHealth {
                    ready: lane.ready,
                    oldest_s: lane.oldest_s,
                    dead: lane.dead,
                };
                (lane.lane, health)
            })
            .collect(),
        schedules: runs
            .into_iter()
            .map(|run| {
                let health = ScheduleHealth {
                    last_run_at: run.last_run_at,
                    last_result: run.last_result,
                    next_run_at: run.next_run_at,
                };
                (run.name, health)
            })
            .collect(),
    }
}

async fn database(app: &AppState) -> DatabaseHealth {
    let begun = Instant::now();
    match migration_status(app.db.pool()).await {
        Ok(migrations) => DatabaseHealth {
            state: "up",
            latency_ms: Some((begun.elapsed().as_secs_f64() * 1e5).round() / 100.0),
            migration: migrations
                .iter()
                .filter(|(_, _, state)| *state == MigrationState::Applied)
                .map(|(version, ..)| *version)
                .max(),
        },
        Err(_) => DatabaseHealth {
            state: "down",
            latency_ms: None,
            migration: None,
        },
    }
}
