//! Jobs about jobs: burying what crashed too often, clearing what is over.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
        metrics::METRICS,
    },
    web,
};

use super::{
    Every, Job, JobError, Lane, Registry, Run, Schedule, new_job,
    store::{self, LaneStatistics},
};

/// A statement that changes more rows than this holds its locks for too long.
const BATCH: i64 = 1_000;

/// Marks as dead the jobs whose last attempt took the process with it.
#[derive(Serialize, Deserialize)]
pub struct SweepExhausted {}

impl Job for SweepExhausted {
    const KIND: &'static str = "jobs.sweep_exhausted";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Clears jobs that ended a week ago, expired leases, forgotten buckets, old idempotency keys and ticks.
#[derive(Serialize, Deserialize)]
pub struct ClearExpired {}

impl Job for ClearExpired {
    const KIND: &'static str = "jobs.clear_expired";
    const LANE: Lane = Lane::Bulk;
    const MAX_ATTEMPTS: u32 = 3;
    const DEADLINE: Duration = Duration::from_secs(5 * 60);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Adds the handlers of this module.
pub fn register(registry: &mut Registry) {
    registry.register(sweep_exhausted);
    registry.register(clear_expired);
}

/// The schedules of this module.
pub fn schedules() -> [Schedule; 2] {
    [
        Schedule {
            name: "sweep_exhausted_jobs",
            // The alert that a job died should come within minutes of its death.
            every: Every::Minutes(1),
            job: |_: DateTime<Utc>| new_job(&SweepExhausted {}),
        },
        Schedule {
            name: "clear_expired",
            // Often, so that each time is short.
            every: Every::Minutes(5),
            job: |_: DateTime<Utc>| new_job(&ClearExpired {}),
        },
    ]
}

async fn sweep_exhausted(app: AppState, _run: Run, _job: SweepExhausted) -> Result<(), JobError> {
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
        let buried = store::bury_exhausted(&mut tx, BATCH).await?;
        tx.commit().await?;
        if buried < BATCH as usize {
            return Ok(());
        }
    }
}

async fn clear_expired(app: AppState, _run: Run, _job: ClearExpired) -> Result<(), JobError> {
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
        let jobs = store::clear_ended(&mut tx, BATCH).await?;
        let keys = web::idempotency::clear(&mut tx, BATCH).await?;
        let buckets = web::limits::clear(&mut tx, BATCH).await?;
        store::clear_leases(&mut tx).await?;
        store::clear_schedule_runs(&mut tx).await?;
        tx.commit().await?;
        if jobs.max(keys).max(buckets) < BATCH as u64 {
            return Ok(());
        }
    }
}

/// How the lanes stand, for health and metrics; sets the gauges as well.
pub async fn measure_lanes(app: &AppState) -> sqlx::Result<Vec<LaneStatistics>> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Health).await?;
    let lanes = store::lane_statistics(&mut tx).await?;
    tx.commit().await?;
    for lane in &lanes {
        let label = [lane.lane.as_str()];
        METRICS.jobs_ready.with_label_values(&label).set(lane.ready);
        METRICS
            .jobs_oldest_ready
            .with_label_values(&label)
            .set(lane.oldest_s);
    }
    Ok(lanes)
}
